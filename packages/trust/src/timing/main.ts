/**
 * `npm run timing [-- --samples 200000 --write]`: whether secrets show in times. Ends with 1 when a control is not told apart, which
 * makes the measurement worthless, or when a difference is larger than what is tolerated. `--write` puts the table into docs/timing.md.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparisons, foundEqual } from './comparisons.js';
import { measure } from './measure.js';
import { refusals } from './refusals.js';
import { formatTable, type Measured, verdictOf, writeTable } from './report.js';

const PAGE = fileURLToPath(new URL('../../../../docs/timing.md', import.meta.url));

const { values } = parseArgs({
  options: { samples: { type: 'string', default: '200000' }, write: { type: 'boolean', default: false } },
});
const samples = Number(values.samples);
if (!(samples >= 1000)) {
  console.error('usage: npm run timing -- [--samples N, 1000 or more] [--write]');
  process.exit(2);
}

const measured: Measured[] = [];
for (const subject of [...comparisons(samples), ...refusals(samples)]) {
  console.log(`timing: ${subject.name} …`);
  const comparison = measure(subject, Math.random);
  measured.push({ ...subject, ...comparison, samples: comparison.samples });
}
if (foundEqual() > 0) throw new Error('a wrong MAC was found equal');
console.log(`\n${formatTable(measured)}\n`);
if (values.write) writeTable(PAGE, measured, new Date().toISOString().slice(0, 10));
const failures = measured.filter((row) => verdictOf(row).fails);
for (const row of failures) console.log(`timing: ${row.name}: ${verdictOf(row).words}`);
process.exitCode = failures.length > 0 ? 1 : 0;
