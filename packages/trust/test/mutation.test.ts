import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AREAS } from '../src/mutation/areas.js';
import { type KnownSurvivors, readReasons, reasonFor } from '../src/mutation/reasons.js';
import { report } from '../src/mutation/report.js';
import type { Mutant } from '../src/mutation/run-area.js';
import { percent, survived, tally } from '../src/mutation/score.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/mutation.md`, 'utf8');

function mutant(fate: Mutant['fate'], more: Partial<Mutant> = {}): Mutant {
  return {
    ...{ file: 'packages/a/src/x.ts', line: 7, code: 'if (n > 0) go();', from: 'n > 0', to: 'n >= 0' },
    ...{ mutator: 'EqualityOperator', fate, ...more },
  };
}
const KNOWN: KnownSurvivors = {
  'packages/a/src/x.ts': [
    { code: 'if (n > 0) go();', from: 'n > 0', to: 'n >= 0', reason: 'n is never 0 here' },
  ],
};

describe('the score', () => {
  it('is what was killed or timed out, of all that ran', () => {
    const fates: Mutant['fate'][] = ['killed', 'killed', 'timeout', 'survived', 'uncovered', 'invalid'];
    const all = fates.map((fate) => mutant(fate));
    expect(tally(all)).toEqual({ mutants: 5, killed: 2, timedOut: 1, survived: 2, score: 0.6 });
    expect(all.filter(survived)).toHaveLength(2);
    expect(tally([]).score).toBe(1);
  });

  it('is rounded down, and 100 % only where none survived', () => {
    expect([1, 0.9999, 0.9, 0.6666, 0].map(percent)).toEqual([
      ...['100.0 %', '99.9 %', '90.0 %', '66.6 %', '0.0 %'],
    ]);
  });
});

describe('a survivor', () => {
  it('has the reason of its line and its change, wherever the line stands now', () => {
    expect(reasonFor(KNOWN, mutant('survived', { line: 900 }))).toBe('n is never 0 here');
  });

  it.each<Partial<Mutant>>([
    { file: 'packages/a/src/y.ts' },
    { code: 'if (n > 0) stop();' },
    { from: 'n' },
    { to: 'n < 0' },
  ])('has no reason when %j', (more) => {
    expect(reasonFor(KNOWN, mutant('survived', more))).toBeUndefined();
  });
});

describe('the page', () => {
  const mutants = [
    mutant('killed'),
    mutant('survived'),
    mutant('uncovered', { to: 'true' }),
    mutant('killed', { file: 'packages/b/src/z.ts' }),
  ];

  it('tells the score, each file, and each survivor with its reason', () => {
    const text = report(mutants, KNOWN, '2026-11-22');
    expect(text).toContain('**50.0 %** of 4 mutants killed');
    expect(text).toContain('| `packages/a` | 3 | 1 | 0 | 2 | 33.3 % |');
    expect(text).toContain('| `packages/b/src/z.ts` | 1 | 1 | 0 | 0 | 100.0 % |');
    expect(text).toContain('- n is never 0 here\n  - line 7, EqualityOperator: `n > 0` → `n >= 0`');
    expect(text).toContain('- no reason given yet\n  - line 7, EqualityOperator: `n > 0` → `true`');
  });

  it('holds a score of 90 % or more, and no survivor without a reason', () => {
    const [, score = '0'] = /\*\*([0-9.]+) %\*\* of [0-9]+ mutants killed/.exec(PAGE) ?? [];
    expect(Number(score)).toBeGreaterThanOrEqual(90);
    expect(PAGE).not.toContain('no reason given');
  });
});

describe('what is mutated', () => {
  const sourcesOf = (name: string): string[] =>
    readdirSync(`${ROOT}packages/${name}/src`, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
  const mutatedOf = (name: string): string[] =>
    AREAS.filter((area) => area.name.startsWith(`${name}/`)).flatMap(({ mutate }) => mutate);

  it('is all of canonical but types and re-exports, each file once', () => {
    const rest = ['hash/types.ts', 'index.ts', 'vector.ts'];
    expect([...mutatedOf('canonical'), ...rest].sort()).toEqual(sourcesOf('canonical').sort());
  });

  it('is all of the steps, keys, failures and memory of the server, each file once', () => {
    const mutated = mutatedOf('server');
    const folders = /^(steps|keys|failures|memory)\//;
    const typesAlone = ['memory/mark-file.ts'];
    expect([...mutated.filter((file) => folders.test(file)), ...typesAlone].sort()).toEqual(
      sourcesOf('server')
        .filter((file) => folders.test(file))
        .sort(),
    );
    expect(sourcesOf('server')).toEqual(expect.arrayContaining(mutated));
    expect(new Set(mutated).size).toBe(mutated.length);
  });

  it('is met by tests that are there', () => {
    for (const { name, tests } of AREAS) {
      for (const test of tests) expect(existsSync(`${ROOT}packages/${test}`), `${name}: ${test}`).toBe(true);
    }
  });
});

describe('the reasons', () => {
  const known = Object.entries(readReasons());

  it.each(known)('for %s are about lines that stand in it', (file, survivors) => {
    const lines = readFileSync(`${ROOT}${file}`, 'utf8')
      .split('\n')
      .map((line) => line.trim());
    for (const { code, from, to, reason } of survivors) {
      expect(lines).toContain(code);
      expect(to).not.toBe(from);
      expect(reason).toMatch(/^.{15,}[^.]$/s);
    }
    const changes = survivors.map(({ code, from, to }) => JSON.stringify([code, from, to]));
    expect(new Set(changes).size).toBe(changes.length);
  });
});
