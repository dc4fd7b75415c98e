/** Holds the promises of the threat model to their tests: each file that it names is there, and has the titles that it quotes. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const FOLDERS = { laws: 'packages/testkit/test/laws', contract: 'packages/testkit/src/store-contract' };
const LAWS = Array.from({ length: 14 }, (_, index) => `L${index + 1}`);

interface Promised {
  readonly promise: string;
  readonly tests: string;
}

const page = readFileSync(new URL('docs/threat-model.md', ROOT), 'utf8');
const [, promised = ''] = page.split('\n## What is promised\n');
const [table = ''] = promised.split('\n## ');
const promises: Promised[] = [...table.matchAll(/^\| (?!promise |-)(.+?) \| (.+) \|$/gm)].map(
  ([, promise = '', tests = '']) => ({
    promise,
    tests,
  }),
);

/** A file as the page names it, `laws/…` and `contract/…` for short. */
function fileOf(name: string): string {
  const path = name.replace(/^(laws|contract)(?=\/)/, (folder) => FOLDERS[folder as keyof typeof FOLDERS]);
  return fileURLToPath(new URL(path, ROOT));
}

describe('the threat model', () => {
  it('has a promise for every law, and each has a test', () => {
    const laws = promises.flatMap(({ promise }) => promise.match(/\bL[0-9]+\b/g) ?? []);
    expect(LAWS.filter((law) => !laws.includes(law))).toEqual([]);
    expect(promises.length).toBeGreaterThan(15);
    for (const { promise, tests } of promises) expect(tests, promise).toMatch(/`[^`]+\.ts`|`npm run /);
  });

  it.each(promises)('names tests that are there: $promise', ({ tests }) => {
    // A file, and the titles behind it until the next file.
    for (const [, name = '', titles = ''] of tests.matchAll(/`([^`]+\.ts)`([^`]*)/g)) {
      const file = fileOf(name);
      expect(existsSync(file), name).toBe(true);
      const text = readFileSync(file, 'utf8').replace(/\\(['"`])/g, '$1');
      expect(text).toMatch(/\b(?:it|test|describe)(?:\.[a-z]+)?[(.]/);
      for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) expect(text).toContain(title);
    }
  });

  it('is what SECURITY.md promises: each of its promises names a law', () => {
    const security = readFileSync(new URL('SECURITY.md', ROOT), 'utf8');
    const [, section = ''] = security.split('\n## What is promised\n');
    const bullets = section.split('\n## ')[0]?.match(/^- [\s\S]*?(?=\n- |\n\n)/gm) ?? [];
    expect(bullets.length).toBeGreaterThanOrEqual(4);
    for (const bullet of bullets) expect(bullet).toMatch(/\(L[0-9]+(?:, L[0-9]+)*\)/);
  });
});
