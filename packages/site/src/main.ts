/**
 * `npm run docs`: the API reference, the site, and a check of every link in both. `--serve` (with a port, or 4173) then
 * serves it on 127.0.0.1; `--check` looks at it in Chromium, as `test/built` does. Status 1: an export without documentation, a dead link, a page that would load something from
 * another host.
 */
import { spawnSync } from 'node:child_process';
import { build } from 'vitepress';
import { apiReference } from './api-reference.js';
import { checkBuiltLinks } from './built-links.js';
import { markdownFiles, pageOf } from './pages.js';
import { REPOSITORY_ROOT } from './repository.js';
import { serve } from './serve.js';
import { deadLinks } from './source-links.js';

const DEFAULT_PORT = 4173;
const [option, port = DEFAULT_PORT] = process.argv.slice(2);
if (option !== undefined && option !== '--serve' && option !== '--check') {
  console.error('usage: npm run docs [-- --serve [port] | --check]');
  process.exit(2);
}

say('docs/api: the API reference, by TypeDoc');
stopAt('not documented, or a link that leads nowhere', await apiReference(`${REPOSITORY_ROOT}/docs/api`));

// Read after docs/api was written: its files are pages, too.
const { SITE_FOLDER } = await import('./site-config.js');
say('the site, by VitePress');
await build(`${REPOSITORY_ROOT}/packages/site`);

const readHere = ['README.md', ...markdownFiles().filter((file) => pageOf(file) !== undefined)];
stopAt('dead links in the files', deadLinks([...new Set(readHere)]));
const { pages, links, dead, external, loadedElsewhere } = checkBuiltLinks(SITE_FOLDER);
stopAt('dead links on the site', dead);
stopAt('loaded from another host', loadedElsewhere);
say(
  `${pages} pages, ${links} links: none is dead. ${external.length} lead to other hosts and were not followed:`,
);
for (const address of external) if (!address.includes('/countersign-hq/')) console.log(`  ${address}`);
say(`the site is in ${SITE_FOLDER}`);

if (option === '--check') {
  say('looking at it in Chromium');
  const vitest = `${REPOSITORY_ROOT}/node_modules/vitest/vitest.mjs`;
  const config = `${REPOSITORY_ROOT}/packages/site/vitest.built.config.ts`;
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
if (option === '--serve') {
  const { url } = await serve(SITE_FOLDER, Number(port));
  say(`${url} (Ctrl-C ends it)`);
}

function stopAt(what: string, complaints: readonly string[]): void {
  if (complaints.length === 0) return;
  console.error(`${what}:\n${complaints.map((complaint) => `  ${complaint}`).join('\n')}`);
  process.exit(1);
}

function say(text: string): void {
  console.log(`countersign: ${text}`);
}
