import fc from 'fast-check';
import { expect, it } from 'vitest';
import { constantTimeEqual } from '../src/constant-time.js';

it('is equality', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\u0100', '\0', '\u{1f600}'), maxLength: 4 });
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      expect(constantTimeEqual(a, b)).toBe(a === b);
      expect(constantTimeEqual(a, `${a}`)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

it('sees a difference at every position of a MAC, in every bit of a character', () => {
  const mac = '0123456789abcdef'.repeat(4);
  for (let at = 0; at < mac.length; at++) {
    for (let bit = 0; bit < 16; bit++) {
      const changed = String.fromCharCode(mac.charCodeAt(at) ^ (1 << bit));
      expect(constantTimeEqual(mac, mac.slice(0, at) + changed + mac.slice(at + 1))).toBe(false);
    }
  }
});

it('reads both texts to the end, wherever they differ', () => {
  const readsOf = (a: string, b: string) => {
    let reads = 0;
    const watched = {
      length: a.length,
      charCodeAt: (at: number) => {
        reads++;
        return a.charCodeAt(at);
      },
    };
    constantTimeEqual(watched as unknown as string, b);
    return reads;
  };
  const mac = 'a'.repeat(64);
  for (const other of [mac, `b${mac.slice(1)}`, `${mac.slice(1)}b`, 'b'.repeat(64)]) {
    expect(readsOf(mac, other)).toBe(64);
  }
});
