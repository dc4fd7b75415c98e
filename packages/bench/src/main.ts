/**
 * `npm run bench`: measures all parts and writes docs/benchmarks.md with its pictures. With names of parts it measures
 * those, prints them and writes nothing.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_24, node24 } from './node24.js';
import { runPart } from './part-process.js';
import { PARTS } from './parts/index.js';
import { document } from './report/document.js';
import { loadAverage, machineText } from './report/machine.js';
import { picture } from './report/picture.js';
import { comparisonTable, targetTable } from './report/tables.js';
import { judge } from './report/targets.js';
import type { Measured } from './results.js';

/** What is measured on Node 24, too. */
const ON_NODE_24 = ['sign', 'verify', 'bodies'];
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = join(ROOT, 'docs/benchmarks.md');
const PICTURES = join(ROOT, 'docs/benchmarks');
const TEMPLATE = fileURLToPath(new URL('../docs/benchmarks.template.md', import.meta.url));

const names = process.argv.slice(2);
const unknown = names.filter((name) => !PARTS.has(name));
if (unknown.length > 0) {
  console.error(`no part ${unknown.join(', ')}; parts: ${[...PARTS.keys()].join(', ')}`);
  process.exit(2);
}
const startedMs = Date.now();
const startLoad = loadAverage();
const cores = availableParallelism();
if (startLoad > cores)
  say(`load average ${startLoad.toFixed(1)}: something else is running; read ratios only`);

const measured = await measure(names.length > 0 ? names : [...PARTS.keys()]);
print(measured);
if (names.length === 0) await writeReport();
say(`done in ${seconds()} s`);

async function measure(parts: readonly string[], execPath: string = process.execPath): Promise<Measured> {
  const all: Measured[] = [];
  for (const [index, name] of parts.entries()) {
    const node = execPath === process.execPath ? '' : ' on Node 24';
    say(`${seconds()} s, part ${index + 1} of ${parts.length}${node}: ${name}`);
    all.push(await runPart(name, { extent: node === '' ? 'full' : 'usual', execPath }));
  }
  return {
    comparisons: all.flatMap(({ comparisons }) => comparisons),
    figures: Object.assign({}, ...all.map(({ figures }) => figures)) as Record<string, number>,
  };
}

function print({ comparisons, figures }: Measured): void {
  for (const comparison of comparisons) {
    console.log(`\n${comparison.title}\n\n${comparisonTable(comparison)}`);
  }
  console.log(`\n${targetTable(judge(figures))}\n`);
}

async function writeReport(): Promise<void> {
  const versions = new Map([[process.versions.node, measured]]);
  const execPath = node24();
  if (execPath === undefined) say('Node 24 could not be fetched; left out');
  else versions.set(NODE_24, await measure(ON_NODE_24, execPath));
  mkdirSync(PICTURES, { recursive: true });
  for (const file of readdirSync(PICTURES)) if (file.endsWith('.svg')) rmSync(join(PICTURES, file));
  for (const comparison of measured.comparisons) {
    writeFileSync(join(PICTURES, `${comparison.id}.svg`), await picture(comparison));
  }
  const page = document({
    template: readFileSync(TEMPLATE, 'utf8'),
    previous: existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '',
    machine: machineText(new Date(), startLoad, Date.now() - startedMs),
    parts: [...PARTS.keys()],
    measured,
    versions,
  });
  writeFileSync(PAGE, page);
  say(`wrote docs/benchmarks.md and ${measured.comparisons.length} pictures in docs/benchmarks`);
}

function seconds(): number {
  return Math.round((Date.now() - startedMs) / 1_000);
}

function say(text: string): void {
  console.log(`bench: ${text}`);
}
