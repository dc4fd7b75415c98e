/** Holds the catalogue and its tests together: every line is the title of a test, word for word. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ATTACK_CATALOGUE } from '../../src/index.js';

const FOLDER = new URL('./', import.meta.url);
const SUFFIX = '.test.ts';
const TITLE = /\b(?:it|describe)(\.[a-z]+)?\(\s*(['"`])((?:\\.|(?!\2)[^\\])*)\2/g;

const files = readdirSync(FOLDER).filter((file) => file.endsWith(SUFFIX) && file !== `catalogue${SUFFIX}`);
const titles = files.flatMap((file) =>
  [...readFileSync(new URL(file, FOLDER), 'utf8').matchAll(TITLE)].map(([, modifier, , text = '']) => ({
    group: file.slice(0, -SUFFIX.length),
    modifier,
    text: text.replace(/\\(.)/g, '$1'),
  })),
);
const tested = ATTACK_CATALOGUE.flatMap((attack) => ('testedIn' in attack ? [attack] : []));

it('has 53 lines, each once', () => {
  expect(ATTACK_CATALOGUE).toHaveLength(53);
  expect(new Set(ATTACK_CATALOGUE.map(({ id }) => id)).size).toBe(53);
  expect(new Set(ATTACK_CATALOGUE.map(({ line }) => line)).size).toBe(53);
});

it.each(tested)('has a test in $testedIn for: $line', ({ line, testedIn }) => {
  expect(titles.filter(({ text }) => text.includes(line)).map(({ group }) => group)).toEqual([testedIn]);
});

it('leaves out only what needs a server of its own, and skips nothing', () => {
  const leftOut = ATTACK_CATALOGUE.flatMap((attack) => ('leftOut' in attack ? [attack.id] : []));
  expect(leftOut).toEqual(['script-reload', 'deposed-master', 'late-command']);
  expect(titles.filter(({ modifier }) => modifier !== undefined)).toEqual([]);
});

it('has no file of attacks that the catalogue does not name', () => {
  const groups = new Set(tested.map(({ testedIn }) => testedIn));
  expect(files.map((file) => file.slice(0, -SUFFIX.length)).toSorted()).toEqual([...groups].toSorted());
});
