// Holds the layout to its rules: packages import in one direction and only each other's public names, no file is part
// of a cycle, no path is deeper than five, no source file is long or named for nothing in particular.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const MAX_LINES = 250;
const MAX_PATH_DEPTH = 5;
const VAGUE_NAME = /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)/;
const MAY_IMPORT = {
  canonical: [],
  client: ['canonical'],
  server: ['canonical'],
  hono: ['canonical', 'server'],
  express: ['canonical', 'server'],
  redis: ['server'],
  console: ['canonical', 'server'],
  cli: ['canonical', 'client', 'server', 'hono', 'console'],
  testkit: ['canonical', 'client', 'server'],
  bench: ['canonical', 'client', 'server', 'hono', 'express', 'redis', 'testkit'],
  runtimes: ['canonical', 'client', 'server', 'hono'],
  trust: ['canonical', 'client', 'server', 'hono', 'express', 'testkit'],
  site: [],
  tarballs: ['site'],
};

const files = readdirSync('packages').flatMap((name) =>
  readdirSync(join('packages', name, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('packages', name, 'src', file)),
);
const complaints = [];
const cleared = new Set();
const imports = new Map(files.map((file) => [file, importsOf(file)]));

for (const file of files) {
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  if (lines > MAX_LINES) complaints.push(`${file}: ${lines} lines, at most ${MAX_LINES}`);
  if (file.split('/').length > MAX_PATH_DEPTH) complaints.push(`${file}: deeper than ${MAX_PATH_DEPTH}`);
  if (VAGUE_NAME.test(file)) complaints.push(`${file}: name it for what it holds`);
  const from = file.split('/')[1];
  for (const name of imports.get(file).packages) {
    if (MAY_IMPORT[from] === undefined) complaints.push(`${file}: packages/${from} is not in the layout`);
    else if (!MAY_IMPORT[from].includes(name)) complaints.push(`${file}: ${from} may not import ${name}`);
  }
}
for (const file of files) findCycle(file, []);

for (const complaint of new Set(complaints)) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log(`layout: ${files.length} source files, no cycle, one direction`);

function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  // Static ones begin a line; an example in a text does not.
  const found = [
    ...text.matchAll(/^(?:import|export|\})(?:[^'`]*\sfrom)? '([^']+)'|import\('([^']+)'\)/gm),
  ].map(([, fixed, lazy]) => fixed ?? lazy);
  const own = found.filter((specifier) => specifier.startsWith('.'));
  const packages = found.flatMap((specifier) => /^@countersign\/([a-z]+)/.exec(specifier)?.[1] ?? []);
  return {
    files: own.map((specifier) => normalize(join(dirname(file), specifier.replace(/\.js$/, '.ts')))),
    packages,
  };
}

function findCycle(file, path) {
  if (cleared.has(file)) return;
  if (path.includes(file)) {
    const cycle = path.slice(path.indexOf(file));
    // Each cycle is told once, from its first file in order.
    if (cycle.toSorted()[0] === file) complaints.push(`cycle: ${[...cycle, file].join(' -> ')}`);
    return;
  }
  for (const next of imports.get(file)?.files ?? []) findCycle(next, [...path, file]);
  cleared.add(file);
}
