/**
 * What the last run found in an area, for as long as its sources and its tests are what they were: then there is nothing
 * to run. What tests import from elsewhere is not looked at; `--force` is for that.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Area } from './areas.js';
import type { Mutant } from './run-area.js';

interface Kept {
  readonly fingerprint: string;
  readonly mutants: readonly Mutant[];
}

/** The mutants of the last run, or `undefined` when something has changed since. */
export function keptResult(area: Area): readonly Mutant[] | undefined {
  const path = pathOf(area);
  if (!existsSync(path)) return undefined;
  const { fingerprint, mutants }: Kept = JSON.parse(readFileSync(path, 'utf8'));
  return fingerprint === fingerprintOf(area) ? mutants : undefined;
}

/** @param fingerprint of the files as they were when the run began */
export function keepResult(area: Area, fingerprint: string, mutants: readonly Mutant[]): void {
  mkdirSync(dirname(pathOf(area)), { recursive: true });
  writeFileSync(pathOf(area), JSON.stringify({ fingerprint, mutants } satisfies Kept));
}

export function fingerprintOf({ name, mutate, tests }: Area): string {
  const sources = mutate.map((file) => `packages/${name.split('/')[0]}/src/${file}`);
  const hash = createHash('sha256');
  for (const file of [...sources, ...tests.map((test) => `packages/${test}`)]) {
    hash.update(`${file}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

function pathOf({ name }: Area): string {
  return `node_modules/.cache/mutation/results/${name.replace('/', '-')}.json`;
}
