/**
 * `npm run fuzz [-- --inputs 10000000 --seed N --part heads]`: a campaign. Ends with 1 when something was found; a whole one of a
 * million inputs or more writes docs/fuzzing.md.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeBetween } from '../page.js';
import { parts, runCampaign } from './campaign.js';
import { formatReport } from './report.js';
import { serveAsProcess } from './socket-server.js';

const SCRIPT = fileURLToPath(import.meta.url);
const PAGE = fileURLToPath(new URL('../../../../docs/fuzzing.md', import.meta.url));
const WORTH_WRITING = 1_000_000;

const [mode, name, inputs, seed] = process.argv.slice(2);
if (mode === 'socket-server') await serveAsProcess();
else if (mode === 'part') await runOne(String(name), Number(inputs), Number(seed));
else await runAll();

/** A child: one part, its result to the parent. */
async function runOne(name: string, inputs: number, seed: number): Promise<void> {
  const part = parts().find((part) => part.name === name);
  const result = await part?.run(inputs, seed, (tried) => process.send?.({ tried }));
  process.send?.({ result }, () => process.disconnect());
}

async function runAll(): Promise<void> {
  const all = parts();
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      part: { type: 'string', multiple: true, default: all.map(({ name }) => name) },
    },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
  const unknown = values.part.filter((name) => !all.some((part) => part.name === name));
  if (!(inputs >= 1) || !Number.isSafeInteger(seed) || unknown.length > 0) {
    const names = all.map(({ name }) => name).join(' | ');
    console.error(`usage: npm run fuzz -- [--inputs N] [--seed N] [--part ${names}]…`);
    process.exit(2);
  }
  const begun = performance.now();
  const say = (line: string): void => console.log(line);
  say(`fuzz: ${inputs.toLocaleString('en-GB')} inputs, seed ${seed}`);
  const results = await runCampaign({ inputs, seed, names: values.part, script: SCRIPT, say });
  const seconds = (performance.now() - begun) / 1000;
  const date = new Date().toISOString().slice(0, 10);
  const report = formatReport({
    parts: all.filter(({ name }) => results.has(name)),
    results,
    seed,
    seconds,
    date,
  });
  say(`\n${report}\n`);
  if (results.size === all.length && inputs >= WORTH_WRITING) writeBetween(PAGE, 'npm run fuzz', report);
  process.exitCode = [...results.values()].some(({ findings }) => findings.length > 0) ? 1 : 0;
}
