/** Holds the catalogue and its tests together: every line is the title of a test, word for word. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ATTACK_CATALOGUE } from '../../src/index.js';

const FOLDER = new URL('./', import.meta.url);
/** The Redis store has the lines that need it, and some of the others' once more. */
const REDIS = 'redis';
const REDIS_FILE = new URL('../../../redis/test/attacks.test.ts', import.meta.url);
const SUFFIX = '.test.ts';
const TITLE = /\b(?:it|describe)(\.[a-z]+)?\(\s*(['"`])((?:\\.|(?!\2)[^\\])*)\2/g;

const files = readdirSync(FOLDER).filter((file) => file.endsWith(SUFFIX) && file !== `catalogue${SUFFIX}`);
const groups = new Map(files.map((file) => [file.slice(0, -SUFFIX.length), new URL(file, FOLDER)]));
const titles = [...groups, [REDIS, REDIS_FILE] as const].flatMap(([group, file]) =>
  [...readFileSync(file, 'utf8').matchAll(TITLE)].map(([, modifier, , text = '']) => ({
    group,
    modifier,
    text: text.replace(/\\(.)/g, '$1'),
  })),
);

it('has 53 lines, each once', () => {
  expect(ATTACK_CATALOGUE).toHaveLength(53);
  expect(new Set(ATTACK_CATALOGUE.map(({ id }) => id)).size).toBe(53);
  expect(new Set(ATTACK_CATALOGUE.map(({ line }) => line)).size).toBe(53);
});

it.each(ATTACK_CATALOGUE)('has a test in $testedIn for: $line', ({ line, testedIn }) => {
  const found = titles.filter(({ text }) => text.includes(line)).map(({ group }) => group);
  expect(found.filter((group) => group === testedIn || group !== REDIS)).toEqual([testedIn]);
});

it('leaves out nothing, and skips nothing', () => {
  expect(titles.filter(({ modifier }) => modifier !== undefined)).toEqual([]);
});

it('has no file of attacks that the catalogue does not name', () => {
  const named = new Set(ATTACK_CATALOGUE.map(({ testedIn }) => testedIn));
  expect([...groups.keys(), REDIS].toSorted()).toEqual([...named].toSorted());
});

it('has lines alone for titles of its attacks on Redis', () => {
  const lines = new Set(ATTACK_CATALOGUE.map(({ line }) => line));
  const file = readFileSync(REDIS_FILE, 'utf8');
  const outer = [...file.matchAll(/^(?:it|describe)\(\s*(['"])((?:\\.|(?!\1)[^\\])*)\1/gm)];
  expect(outer.length).toBeGreaterThan(3);
  for (const [, , title = ''] of outer) expect(lines).toContain(title.replace(/\\(.)/g, '$1'));
});
