/**
 * Where L1 does not hold: the smallest queries with one canonical form that a parser reads in two ways. Each test
 * goes red when the parser or the canonical form changes, and then its exception must go.
 */
import { canonicalTarget } from '@countersign/canonical';
import { expect, it } from 'vitest';
import {
  beginsWithClosedBracket,
  beginsWithReadDot,
  hasNameThatIsNotUtf8,
  isNotUtf8,
  splitsAtLaterBracket,
} from './query-exceptions.js';
import {
  honoParsers,
  lossyParsers,
  type QueryParser,
  qsParsers,
  qsParsersWithDots,
} from './query-parsers.js';

const everyQs = { ...qsParsers, ...qsParsersWithDots };

function expectTwoMeanings(parsers: Record<string, QueryParser>, one: string, other: string): void {
  expect(canonicalTarget(`/?${other}`).query).toBe(canonicalTarget(`/?${one}`).query);
  for (const [name, parse] of Object.entries(parsers)) {
    expect(parse(other), `${name} of ${other}`).not.toEqual(parse(one));
  }
}

it('L1 exception: qs takes [a] for a, so [a]=1&a=2 and a=2&[a]=1 are two requests', () => {
  expectTwoMeanings(everyQs, '[a]=1&a=2', 'a=2&[a]=1');
  expectTwoMeanings(everyQs, '[a][b]=1&a=2', 'a=2&[a][b]=1');
  expect(beginsWithClosedBracket('[a]=1') && beginsWithClosedBracket('%5ba]b=1')).toBe(true);
});

it('L1 exception: qs takes [] for the indices 0, 1, …, so []=1&0[b]=2 and 0[b]=2&[]=1 are two requests', () => {
  expectTwoMeanings(everyQs, '[]=1&0[b]=2', '0[b]=2&[]=1');
  expect(beginsWithClosedBracket('[]=1')).toBe(true);
});

it('L1: an open bracket in front is a name of its own, to qs too', () => {
  expect(beginsWithClosedBracket('[a=1') || beginsWithClosedBracket('[[a]=1')).toBe(false);
});

it('L1 exception: qs splits at a later ]=, so =]=1&%3D]=2 and %3D]=2&=]=1 are two requests', () => {
  expectTwoMeanings(everyQs, '=]=1&%3D]=2', '%3D]=2&=]=1');
  expectTwoMeanings(everyQs, 'a=[b]=1&a%3D=2', 'a%3D=2&a=[b]=1');
  expect(splitsAtLaterBracket('=]=1') && splitsAtLaterBracket('a=[b%5d=1')).toBe(true);
});

it('L1: a later ]= is harmless where the root ends before the first =', () => {
  expect(splitsAtLaterBracket('a[b]=1') || splitsAtLaterBracket('a[=]=1')).toBe(false);
});

it('L1 exception: qs with allowDots takes .a for a, so .a=1&a=2 and a=2&.a=1 are two requests', () => {
  expectTwoMeanings(qsParsersWithDots, '.a=1&a=2', 'a=2&.a=1');
  expect(beginsWithReadDot('.a=1') && beginsWithReadDot('%2Ea=1')).toBe(true);
  expect(beginsWithReadDot('.=1') || beginsWithReadDot('..a=1')).toBe(false);
});

it('L1 exception: lossy decoders take %FE and %FF for one name, so %FE=1&%FF=2 and %FF=2&%FE=1 are two requests', () => {
  expectTwoMeanings(lossyParsers, '%FE=1&%FF=2', '%FF=2&%FE=1');
  expectTwoMeanings(lossyParsers, '%EF%BF%BD=1&%FF=2', '%FF=2&%EF%BF%BD=1');
  expect(hasNameThatIsNotUtf8('%FF=1')).toBe(true);
  expect(hasNameThatIsNotUtf8('a=%FF')).toBe(false);
});

it('L1 exception: qs and Hono leave what is not UTF-8 as it came, so %ff and %FF, %FF%41 and %FFA are two texts', () => {
  const { 'c.req.query(name) of Hono': _first, ...hono } = honoParsers;
  expectTwoMeanings({ ...everyQs, ...honoParsers }, 'a=%FF', 'a=%ff');
  expectTwoMeanings({ ...everyQs, ...honoParsers }, 'a=%FFA', 'a=%FF%41');
  expectTwoMeanings({ ...everyQs, ...hono }, '%FF=1&%25FF=2', '%25FF=2&%FF=1');
  expect(isNotUtf8('a=%FF')).toBe(true);
  expect(isNotUtf8('a=%C3%A9+')).toBe(false);
});
