import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUCKET_WORDS,
  clearBucket,
  linkIn,
  mayHoldTag,
  NONE,
  nextSlot,
  SLOTS,
  seqIn,
  setLink,
  tagIn,
  writeSlot,
} from '../../src/memory/nonce-bucket.js';

const AT = BUCKET_WORDS;

/** A bucket between two others that must stay as they are. */
function bucketBetween(): Int32Array {
  const words = new Int32Array(3 * BUCKET_WORDS).fill(0x5a5a5a5a);
  clearBucket(words, AT, -7);
  return words;
}

describe('a bucket of the nonce index', () => {
  it('is a cache line', () => {
    expect(BUCKET_WORDS * Int32Array.BYTES_PER_ELEMENT).toBe(64);
  });

  it('keeps the last 12 entries and its link, and touches no neighbour', () => {
    const entry = fc.record({
      seq: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      tag: fc.nat({ max: 255 }),
      link: fc.option(fc.integer({ min: NONE, max: 2 ** 27 - 1 })),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
        const words = bucketBetween();
        const model = Array.from({ length: SLOTS }, () => ({ seq: -7, tag: tagIn(words, AT, 0) }));
        let link = NONE;
        for (const [count, { seq, tag, link: nextLink }] of entries.entries()) {
          expect(nextSlot(words, AT)).toBe(count % SLOTS);
          writeSlot(words, AT, seq, tag);
          model[count % SLOTS] = { seq, tag };
          if (nextLink === null) continue;
          setLink(words, AT, nextLink);
          link = nextLink;
        }
        const written = Math.min(entries.length, SLOTS);
        for (let slot = 0; slot < SLOTS; slot++) {
          expect(seqIn(words, AT, slot)).toBe(model[slot]?.seq);
          if (slot < written) expect(tagIn(words, AT, slot)).toBe(model[slot]?.tag);
        }
        expect(linkIn(words, AT)).toBe(link);
        const neighbours = [...words.subarray(0, AT), ...words.subarray(AT + BUCKET_WORDS)];
        expect(neighbours.every((word) => word === 0x5a5a5a5a)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('tells whether one of its tags is this one, and is never wrong', () => {
    // Neighbours of the tag above all: a borrow or a carry between bytes must not count.
    const near = (tag: number) =>
      fc.constantFrom(tag, tag ^ 1, tag ^ 0x80, (tag + 1) & 255, (tag - 1) & 255, 0, 255);
    const tags = fc
      .nat({ max: 255 })
      .chain((tag) =>
        fc.tuple(fc.constant(tag), fc.array(near(tag), { minLength: SLOTS, maxLength: SLOTS })),
      );
    let tried = 0;
    let held = 0;
    fc.assert(
      fc.property(tags, ([tag, all]) => {
        const words = bucketBetween();
        for (const one of all) writeSlot(words, AT, 1, one);
        tried += 1;
        held += all.includes(tag) ? 1 : 0;
        expect(mayHoldTag(words, AT, tag)).toBe(all.includes(tag));
        for (let other = 0; other < 256; other++) {
          expect(mayHoldTag(words, AT, other)).toBe(all.includes(other));
        }
      }),
      { numRuns: 1000 },
    );
    expect(held / tried).toBeGreaterThan(0.1);
  });
});
