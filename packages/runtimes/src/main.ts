/**
 * `npm run runtimes [-- name…]`: one black-box suite on every runtime that Countersign runs on, against the compiled
 * packages. Without names all of them, and the README's table is written. Exit status 1 when a check failed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { table, withTable } from './readme-table.js';
import { run } from './run.js';
import { RUNTIMES } from './runtimes.js';
import { readVectors } from './vectors.js';

const root = resolve(import.meta.dirname, '../../..');
const cache = join(root, 'node_modules/.cache/countersign-runtimes');
const names = process.argv.slice(2);
const unknown = names.filter((name) => !RUNTIMES.some((runtime) => runtime.name === name));

if (unknown.length > 0) {
  console.error(
    `runtimes: no ${unknown.join(', ')}; there are ${RUNTIMES.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const chosen = RUNTIMES.filter(({ name }) => names.length === 0 || names.includes(name));
  const say = (text: string): void => console.log(`runtimes: ${text}`);
  say(`${chosen.length} of them; what is missing comes from the npm registry, into ${cache} (1.2 GB in all)`);
  const place = { root, entries: join(import.meta.dirname, 'entry') };
  const { rows, ok } = await run(chosen, { place, cache, vectors: readVectors(), say });
  const text = table(rows, new Date().toISOString().slice(0, 10));
  console.log(`\n${text}\n`);
  if (!ok) {
    say('FAILED, and the README is left as it was');
    process.exitCode = 1;
  } else if (names.length === 0) {
    const readme = join(root, 'README.md');
    writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), text));
    say('all passed; the table is in README.md');
  } else say('all passed');
}
