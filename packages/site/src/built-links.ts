/**
 * The link check of the built site: every link, image and script of every page leads to a file that was built, and every
 * anchor to an element. Links to other hosts are listed and not followed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface LinkReport {
  readonly pages: number;
  readonly links: number;
  /** `page: link`, each once. */
  readonly dead: readonly string[];
  /** Addresses on other hosts, each once. */
  readonly external: readonly string[];
  /** What a page would load from another host by itself: there must be none. */
  readonly loadedElsewhere: readonly string[];
}

/** Reads every page of a site in `folder` that is served from `/`. */
export function checkBuiltLinks(folder: string): LinkReport {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.html'));
  const anchors = new Map(pages.map((page) => [page, idsOf(readFileSync(`${folder}/${page}`, 'utf8'))]));
  const dead = new Set<string>();
  const external = new Set<string>();
  const loadedElsewhere = new Set<string>();
  let links = 0;
  for (const page of pages) {
    const html = readFileSync(`${folder}/${page}`, 'utf8');
    for (const [, tag = '', attributes = ''] of html.matchAll(/<(a|link|img|script|source)\s([^>]*)>/g)) {
      const address = /\s?(?:href|src)="([^"]*)"/.exec(attributes)?.[1]?.replaceAll('&amp;', '&');
      if (address === undefined) continue;
      links++;
      if (/^([a-z]+:|\/\/)/i.test(address)) {
        if (address.startsWith('data:')) continue;
        (tag === 'a' ? external : loadedElsewhere).add(address);
      } else if (!leadsSomewhere(folder, page, address, anchors)) dead.add(`${page}: ${address}`);
    }
  }
  return {
    pages: pages.length,
    links,
    dead: [...dead],
    external: [...external].toSorted(),
    loadedElsewhere: [...loadedElsewhere],
  };
}

function leadsSomewhere(
  folder: string,
  page: string,
  address: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const [, path = '', anchor = ''] = /^([^#?]*)(?:\?[^#]*)?#?(.*)$/.exec(address) ?? [];
  const joined =
    path === '' ? page : posix.join('/', path.startsWith('/') ? '' : posix.dirname(page), path).slice(1);
  const file = joined === '' || joined.endsWith('/') ? `${joined}index.html` : joined;
  if (!existsSync(`${folder}/${file}`)) return false;
  return (
    anchor === '' || !file.endsWith('.html') || (anchors.get(file)?.has(decodeURIComponent(anchor)) ?? false)
  );
}

function idsOf(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id.replaceAll('&amp;', '&')));
}
