/**
 * L4, said by the types: what is not signed does not fit where scope, cost and budgets are decided. The compiler is
 * run on a file of attempts, and must refuse those that are marked and no other.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ATTEMPTS = fileURLToPath(new URL('./l4-attempts.txt', import.meta.url));
/** Inside the package, so that the compiler finds what the package may import. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const OPTIONS =
  '--noEmit --ignoreConfig --strict --skipLibCheck --target es2023 --lib es2023,dom --module nodenext';

it('L4 no other byte counts: the compiler lets nothing unsigned decide about scope, cost or budget', () => {
  const attempts = readFileSync(ATTEMPTS, 'utf8').split('\n');
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'l4-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'attempts.mts');
  writeFileSync(file, attempts.join('\n'));

  const { stdout } = spawnSync(process.execPath, [TSC, ...OPTIONS.split(' '), file], { encoding: 'utf8' });
  const refused = [...stdout.matchAll(/attempts\.mts\(([0-9]+),/g)].map(([, line]) => Number(line));
  const marked = attempts.flatMap((attempt, i) => (attempt.endsWith('// refused') ? [i + 1] : []));
  expect([...new Set(refused)], stdout).toEqual(marked);
  expect(marked).toHaveLength(13);
});
