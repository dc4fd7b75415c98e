/**
 * The link check of the Markdown files themselves, for whoever reads them where they lie: every relative link leads to a
 * file or folder of the repository, every anchor to a heading (as GitHub names them). Other hosts are not asked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { targetOf } from './links.js';
import { anchorsOf, linksOf } from './markdown.js';
import { REPOSITORY_ROOT } from './repository.js';

/** What leads nowhere, as `file:line: link`. */
export function deadLinks(files: readonly string[], read: (file: string) => string = readSource): string[] {
  const anchors = new Map<string, ReadonlySet<string>>();
  const hasAnchor = (file: string, anchor: string): boolean => {
    if (!anchors.has(file)) anchors.set(file, anchorsOf(readSource(file)));
    return anchors.get(file)?.has(anchor) ?? false;
  };
  return files.flatMap((file) =>
    linksOf(read(file)).flatMap(({ href, line }) => {
      const target = targetOf(file, href);
      if (target === undefined) return [];
      const { path, anchor } = target;
      // Written by TypeDoc, and not committed: the check of the built site sees these.
      if (path === 'docs/api' || path.startsWith('docs/api/')) return [];
      const exists = existsSync(`${REPOSITORY_ROOT}/${path}`);
      const isRight = exists && (anchor === '' || !path.endsWith('.md') || hasAnchor(path, anchor.slice(1)));
      return isRight ? [] : [`${file}:${line}: ${href}`];
    }),
  );
}

function readSource(file: string): string {
  return readFileSync(`${REPOSITORY_ROOT}/${file}`, 'utf8');
}
