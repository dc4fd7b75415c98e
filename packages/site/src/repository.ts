/** Where things are in this repository, and where it is published. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, without a slash at its end. */
export const REPOSITORY_ROOT: string = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Where its files can be read by whoever has no copy; for links that lead to no page of the site. */
export const REPOSITORY_URL: string = publishedAt('packages/server/package.json');

function publishedAt(manifest: string): string {
  const { repository } = JSON.parse(readFileSync(`${REPOSITORY_ROOT}/${manifest}`, 'utf8'));
  return String(repository.url)
    .replace(/^git\+/, '')
    .replace(/\.git$/, '');
}
