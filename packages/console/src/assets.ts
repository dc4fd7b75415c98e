/**
 * The files that the pages load, by a list of exact names made once: the console's own, and those of the installed
 * packages that the import map names. What is not on the list does not exist; no name is ever turned into a path.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where bare imports in the page lead, relative to the page. */
export const IMPORT_MAP = {
  imports: {
    '@countersign/canonical': './assets/canonical/index.js',
    '@countersign/canonical/vectors/': './assets/vectors/',
    '#hash': './assets/canonical/hash/noble.js',
    '@noble/hashes/': './assets/noble/',
    shlex: './assets/shlex/shlex.js',
    uplot: './assets/uplot/uPlot.esm.js',
  },
} as const;

/** The modules of @noble/hashes that SHA-256 and HMAC are made of. */
const NOBLE_FILES = ['sha2.js', 'hmac.js', 'utils.js', '_md.js', '_u64.js'];
const UPLOT_FILES = ['uPlot.esm.js', 'uPlot.min.css'];

/** Paths of files by their name below `/assets/`. */
export function listAssets(): ReadonlyMap<string, string> {
  const { resolve } = createRequire(import.meta.url);
  const assets = new Map<string, string>();
  const add = (prefix: string, folder: string, names: readonly string[]): void => {
    for (const name of names) assets.set(`${prefix}${name}`, join(folder, name));
  };
  const canonical = dirname(resolve('@countersign/canonical'));
  const browser = fileURLToPath(new URL('../dist/browser/', import.meta.url));
  const statics = fileURLToPath(new URL('../static/', import.meta.url));
  add('', statics, filesIn(statics, /\.(?:css|svg)$/));
  add('browser/', browser, filesIn(browser, /\.js$/));
  add('canonical/', canonical, filesIn(canonical, /\.js$/));
  add('vectors/', join(canonical, '../vectors'), filesIn(join(canonical, '../vectors'), /\.json$/));
  add('noble/', dirname(resolve('@noble/hashes/sha2.js')), NOBLE_FILES);
  add('shlex/', dirname(resolve('shlex')), ['shlex.js']);
  add('uplot/', dirname(resolve('uplot')), UPLOT_FILES);
  return assets;
}

function filesIn(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => pattern.test(name));
}
