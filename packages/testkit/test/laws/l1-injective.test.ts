/**
 * L1: requests with one canonical string are the same request to every parser in use. Queries here; that the string
 * itself keeps different parts apart is in `l1-parts.test.ts`, and what the law does not hold for in
 * `l1-exceptions.test.ts`.
 */
import { canonicalTarget } from '@countersign/canonical';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { respelledPieces, respelledQueries, runs } from '../../src/index.js';
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

type Exception = (piece: string) => boolean;

const qsExceptions = [isNotUtf8, beginsWithClosedBracket, splitsAtLaterBracket];
const families: { parsers: Record<string, QueryParser>; exceptions: Exception[] }[] = [
  { parsers: lossyParsers, exceptions: [hasNameThatIsNotUtf8] },
  { parsers: honoParsers, exceptions: [isNotUtf8] },
  { parsers: qsParsers, exceptions: qsExceptions },
  { parsers: qsParsersWithDots, exceptions: [...qsExceptions, beginsWithReadDot] },
];
const cases = families.flatMap(({ parsers, exceptions }) =>
  Object.entries(parsers).map(([name, parse]) => ({ name, parse, exceptions })),
);

const canonicalQuery = (query: string) => canonicalTarget(`/?${query}`).query;
const without = (query: string, exceptions: readonly Exception[]) =>
  query
    .split('&')
    .filter((piece) => !exceptions.some((excepted) => excepted(piece)))
    .join('&');

describe.each(cases)('L1 injective: $name', ({ parse, exceptions }) => {
  it('reads a query the same however it is respelled and reordered by root name', () => {
    let different = 0;
    fc.assert(
      fc.property(respelledQueries(), (queries) => {
        const raw = without(queries.raw, exceptions);
        const respelled = without(queries.respelled, exceptions);
        expect(canonicalQuery(respelled)).toBe(canonicalQuery(raw));
        expect(parse(respelled)).toEqual(parse(raw));
        if (raw !== respelled) different++;
      }),
      { numRuns: runs(1000) },
    );
    expect(different, 'queries that were spelled in two ways').toBeGreaterThan(runs(500));
  });

  it('reads a query the same in any order and spelling that gives one canonical form', () => {
    let collisions = 0;
    const shuffled = fc.array(respelledPieces(), { minLength: 2, maxLength: 4 }).chain((pieces) =>
      fc.tuple(
        fc.constant(pieces.map(({ raw }) => raw).join('&')),
        fc
          .shuffledSubarray(pieces, { minLength: pieces.length })
          .map((list) => list.map(({ respelled }) => respelled).join('&')),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([first, second]) => {
        const [one, other] = [without(first, exceptions), without(second, exceptions)];
        if (one === other || canonicalQuery(one) !== canonicalQuery(other)) return;
        collisions++;
        expect(parse(other)).toEqual(parse(one));
      }),
      { numRuns: runs(2000) },
    );
    expect(collisions, 'pairs with one canonical form').toBeGreaterThan(runs(700));
  });
});
