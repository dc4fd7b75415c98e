/**
 * `npm run mutation`: mutates canonical and the server's verification, scope, budget and store code, and asks the tests
 * whether they notice. With names of areas (`canonical`, `server/steps`) it runs those alone and writes nothing; whole, it
 * writes docs/mutation.md. Status 1 when less than 90 % are killed, or a survivor has no reason in survivors.json.
 */
import { parseArgs } from 'node:util';
import { writeBetween } from '../page.js';
import { AREAS } from './areas.js';
import { fingerprintOf, keepResult, keptResult } from './kept-results.js';
import { readReasons, reasonFor } from './reasons.js';
import { grouped, report } from './report.js';
import { type Mutant, runArea } from './run-area.js';
import { percent, survived, tally } from './score.js';

const USAGE = 'usage: npm run mutation -- [area …] [--concurrency n] [--force]';
const PAGE = 'docs/mutation.md';
const WANTED_SCORE = 0.9;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: 'string', default: '2' }, force: { type: 'boolean', default: false } },
});
const areas = AREAS.filter(
  ({ name }) => positionals.length === 0 || positionals.some((wanted) => `${name}/`.startsWith(`${wanted}/`)),
);
const concurrency = Number(values.concurrency);
if (areas.length === 0 || !(Number.isInteger(concurrency) && concurrency > 0)) {
  console.error(`${USAGE}\nareas: ${AREAS.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}

const mutants: Mutant[] = [];
for (const [i, area] of areas.entries()) {
  const startedAtMs = performance.now();
  const fingerprint = fingerprintOf(area);
  const kept = values.force ? undefined : keptResult(area);
  const found = kept ?? (await runArea(area, { concurrency, force: values.force }));
  if (kept === undefined) keepResult(area, fingerprint, found);
  mutants.push(...found);
  const own = tally(found);
  const seconds = `${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`;
  console.log(
    `${`[${i + 1}/${areas.length}]`.padStart(7)} ${area.name.padEnd(26)} ${percent(own.score).padStart(8)} of ${own.mutants}, ${own.survived} survived, ${kept === undefined ? seconds : 'as before'}`,
  );
}

const known = readReasons();
const all = tally(mutants);
console.log(`\n${'file'.padEnd(52)} mutants  killed  timed out  survived    score`);
for (const [file, own] of grouped(mutants, ({ file }) => file)) printRow(file, own);
printRow('all', mutants);

const unexplained = mutants.filter((mutant) => survived(mutant) && reasonFor(known, mutant) === undefined);
for (const { file, line, mutator, code, from, to } of unexplained) {
  console.error(`\n${file}:${line} ${mutator}, no reason given: ${code}\n  - ${from}\n  + ${to}`);
}
if (positionals.length === 0) {
  const day = new Date().toISOString().slice(0, 10);
  writeBetween(PAGE, 'npm run mutation', report(mutants, known, day));
  console.log(`\nwritten to ${PAGE}`);
}
if (unexplained.length > 0)
  console.error(`\n${unexplained.length} survivors have no reason in survivors.json`);
if (unexplained.length > 0 || all.score < WANTED_SCORE) process.exitCode = 1;

function printRow(name: string, own: readonly Mutant[]): void {
  const { mutants, killed, timedOut, survived, score } = tally(own);
  const cells = [String(mutants).padStart(7), String(killed).padStart(7), String(timedOut).padStart(10)];
  console.log(
    `${name.padEnd(52)} ${cells.join(' ')} ${String(survived).padStart(9)} ${percent(score).padStart(8)}`,
  );
}
