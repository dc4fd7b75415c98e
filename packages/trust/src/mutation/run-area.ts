/**
 * Runs StrykerJS on one area, from the root of the repository, in a sandbox that Stryker makes and removes. What was
 * found is kept for the next run, which tries only what has changed since (`--force` tries all).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { type Area, testTimeoutMs } from './areas.js';

/** One mutation, and what the tests said. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The whole first line, without the space around it. */
  readonly code: string;
  /** What stood there, and what was put in its place. */
  readonly from: string;
  readonly to: string;
  /** Stryker's name for the kind, such as `EqualityOperator`. */
  readonly mutator: string;
  readonly fate: 'killed' | 'timeout' | 'survived' | 'uncovered' | 'invalid';
}

export interface RunOptions {
  readonly concurrency: number;
  readonly force: boolean;
}

const CACHE = 'node_modules/.cache/mutation';
/** For what never ends without coming by a mutant; other loops Stryker ends by counting. Long, for a busy machine would kill mutants. */
const TIMEOUT_MS = 20_000;
/** And so many times what the tests took before anything was mutated, on a machine as busy as now. */
const TIMEOUT_FACTOR = 4;
/** All but what the tests need, and what compiles that: the rest may be changing meanwhile. */
const IGNORED = [
  '**',
  '!package.json',
  '!tsconfig.base.json',
  '!packages/*/{package,tsconfig}.json',
  '!packages/{canonical,client,server,testkit}/**',
  '!packages/trust/stryker.vitest.config.ts',
  '!packages/trust/src/mutation/**',
  'node_modules',
  '*.tsbuildinfo',
];
/** Stryker types its levels as an enum that it does not export from here. */
const QUIET: object = { logLevel: 'error' };
const FATES: Readonly<Record<string, Mutant['fate']>> = {
  Killed: 'killed',
  Timeout: 'timeout',
  Survived: 'survived',
  NoCoverage: 'uncovered',
};

export async function runArea(area: Area, { concurrency, force }: RunOptions): Promise<Mutant[]> {
  const sources = `packages/${area.name.split('/')[0]}/src`;
  // Stryker's processes inherit these: which tests there are, how long each may take, how many runs their properties have.
  process.env['COUNTERSIGN_MUTATION_TESTS'] = area.tests.join(' ');
  process.env['COUNTERSIGN_MUTATION_TEST_MS'] = String(testTimeoutMs(area));
  process.env['COUNTERSIGN_RUNS'] ??= '0.05';
  const kept = `${CACHE}/${area.name.replace('/', '-')}.json`;
  forgetSurvivingConstants(kept);
  const stryker = new Stryker({
    mutate: area.mutate.map((file) => `${sources}/${file}`),
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    vitest: { configFile: 'packages/trust/stryker.vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    // The grammars are constants of their modules; to leave them out would leave out the protocol.
    ignoreStatic: false,
    incremental: true,
    incrementalFile: kept,
    force,
    concurrency,
    timeoutMS: TIMEOUT_MS,
    timeoutFactor: TIMEOUT_FACTOR,
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    ...QUIET,
    tempDirName: join(tmpdir(), `countersign-mutation-${process.pid}`),
    ignorePatterns: IGNORED,
    // TypeScript 7 has no interface for programs yet, and Stryker would look for it.
    tsconfigFile: 'no-tsconfig.json',
    warnings: false,
  });
  const texts = new Map<string, string[]>();
  const linesOf = (file: string): string[] => {
    const lines = texts.get(file) ?? readFileSync(file, 'utf8').split('\n');
    texts.set(file, lines);
    return lines;
  };
  const results = await stryker.runMutationTest();
  return results.map((result) => {
    const { fileName, location, replacement, mutatorName, status, testsCompleted } = result;
    const { start, end } = location;
    // Constants whose mutant keeps the module from loading fail every test, but Stryker sees no test that failed.
    const loadsNoMore = status === 'Survived' && result.static === true && testsCompleted === 0;
    // Lines and columns count from 1, and the end is the column behind.
    const lines = linesOf(fileName).slice(start.line - 1, end.line);
    const last = lines.length - 1;
    const from = lines.map((line, i) =>
      line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : line.length),
    );
    return {
      file: relative(resolve('.'), fileName),
      line: start.line,
      code: (lines[0] ?? '').trim(),
      from: from.join('\n'),
      to: replacement,
      mutator: mutatorName,
      fate: loadsNoMore ? 'killed' : (FATES[status] ?? 'invalid'),
    };
  });
}

/** Stryker does not see that a new test may notice a constant that survived: those are tried again at every run. */
function forgetSurvivingConstants(kept: string): void {
  if (!existsSync(kept)) return;
  const last: Kept = JSON.parse(readFileSync(kept, 'utf8'));
  for (const file of Object.values(last.files)) {
    file.mutants = file.mutants.filter(({ status, static: constant }) => !constant || status === 'Killed');
  }
  writeFileSync(kept, JSON.stringify(last));
}

/** What is read of a file that Stryker keeps. */
interface Kept {
  readonly files: Readonly<
    Record<string, { mutants: { readonly status: string; readonly static?: boolean }[] }>
  >;
}
