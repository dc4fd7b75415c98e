import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecords, RECORD_BYTES } from '../../src/memory/horizon-record.js';

const sequence = fc.integer({ min: 0, max: 10 ** 12 });
const markMs = fc.integer({ min: 0, max: 10 ** 14 });

/** A file after some writes in turn. */
function fileOf(latest: number, marks: readonly [number, number]): string {
  const records = [latest, latest + 1].map((sequence, index) => ({ sequence, markMs: marks[index] ?? 0 }));
  return records
    .sort((a, b) => (a.sequence % 2) - (b.sequence % 2))
    .map(formatRecord)
    .join('');
}

describe('the records of a horizon file', () => {
  it('are one line of readable text each, one disk sector long', () => {
    const record = formatRecord({ sequence: 12, markMs: 1_763_750_002_000 });
    expect(record).toMatch(
      /^countersign-horizon-1 sequence=000000000000012 mark=001763750002000 sha256=[0-9a-f]{64} +\n$/,
    );
    expect(record).toHaveLength(RECORD_BYTES);
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(sequence, markMs, markMs, (latest, first, second) => {
        const { records, intact } = parseRecords(fileOf(latest, [first, second]));
        expect(intact).toBe(true);
        expect(records.map((record) => record.markMs).sort()).toEqual([first, second].sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('a changed byte anywhere is damage, and the other record is still believed', () => {
    fc.assert(
      fc.property(
        sequence,
        fc.nat({ max: 2 * RECORD_BYTES - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (latest, at, flip) => {
          const whole = fileOf(latest, [5_000, 6_000]);
          const code = whole.charCodeAt(at) ^ flip;
          const damaged = whole.slice(0, at) + String.fromCharCode(code) + whole.slice(at + 1);
          const { records, intact } = parseRecords(damaged);
          expect(intact).toBe(false);
          expect(records).toEqual(
            parseRecords(whole).records.filter(({ sequence }) => sequence % 2 !== +(at >= RECORD_BYTES)),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('a record with anything before or behind it is none, though its checksum is right', () => {
    const record = formatRecord({ sequence: 12, markMs: 5_000 });
    const [text = ''] = record.split(/ +\n/);
    for (const odd of [`x${text}`.padEnd(511), `${text}\nx`.padEnd(511), ` ${text}`.padEnd(511)]) {
      expect(parseRecords(`${odd}\n`)).toEqual({ records: [], intact: false });
    }
    expect(parseRecords(`${text.padEnd(511)}\n`).records).toEqual([{ sequence: 12, markMs: 5_000 }]);
  });

  it('a torn write leaves the other record whole', () => {
    const before = fileOf(6, [1_000, 2_000]);
    const next = formatRecord({ sequence: 8, markMs: 3_000 });
    const after = next + before.slice(RECORD_BYTES);
    let torn = 0;
    for (let length = 0; length <= RECORD_BYTES; length++) {
      const contents = next.slice(0, length) + before.slice(length);
      const { records, intact } = parseRecords(contents);
      expect(intact).toBe(contents === before || contents === after);
      if (intact) continue;
      torn += 1;
      expect(records).toEqual([{ sequence: 7, markMs: 2_000 }]);
    }
    expect(torn).toBeGreaterThan(80);
  });

  it.each([
    ['nothing', ''],
    ['one record', formatRecord({ sequence: 0, markMs: 1 })],
    [
      'records in the wrong places',
      formatRecord({ sequence: 1, markMs: 1 }) + formatRecord({ sequence: 2, markMs: 1 }),
    ],
    [
      'records that do not follow',
      formatRecord({ sequence: 0, markMs: 1 }) + formatRecord({ sequence: 3, markMs: 1 }),
    ],
    ['more than two records', `${fileOf(4, [1, 2])} `],
    ['something else', 'x'.repeat(2 * RECORD_BYTES)],
  ])('%s is damage', (_, contents) => {
    expect(parseRecords(contents).intact).toBe(false);
  });
});
