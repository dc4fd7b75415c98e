/**
 * Links between Markdown files: they are written for whoever reads the files, on GitHub or in an editor. On the site they
 * lead to the page of the same file, or to the published repository where a file is no page.
 */
import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { addressOf } from './pages.js';
import { REPOSITORY_ROOT, REPOSITORY_URL } from './repository.js';

/** Where a link leads: a file or folder of the repository, as a path from its root; `undefined`: elsewhere. */
export function targetOf(file: string, href: string): { path: string; anchor: string } | undefined {
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(href)) return undefined;
  const [, path = '', anchor = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? [];
  if (path === '') return { path: file, anchor };
  const joined = posix.join(posix.dirname(file), decodeURI(path)).replace(/\/$/, '');
  return { path: joined, anchor };
}

/** The same link for the site. A link to nothing stays as it is: the build and the link check say so. */
export function siteLink(file: string, href: string): string {
  const target = href.startsWith('#') ? undefined : targetOf(file, href);
  if (target === undefined) return href;
  const { path, anchor } = target;
  const onDisk = `${REPOSITORY_ROOT}/${path}`;
  if (!existsSync(onDisk)) return href;
  const isFolder = statSync(onDisk).isDirectory();
  const page = isFolder
    ? [`${path}/README.md`, `${path}/index.md`].find((index) => existsSync(`${REPOSITORY_ROOT}/${index}`))
    : path;
  const address = page === undefined ? undefined : addressOf(page);
  if (address !== undefined) return `${address}${anchor}`;
  return `${REPOSITORY_URL}/${isFolder ? 'tree' : 'blob'}/main/${path}${anchor}`;
}

/** The anchor of a heading, as GitHub makes it, so that one link is right in both places. */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
}
