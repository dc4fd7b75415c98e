import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, shownTarget } from '../src/redact.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('a shown target', () => {
  it.each([
    ['/v1/orders', '/v1/orders'],
    ['/v1/orders?', '/v1/orders?…'],
    ['/v1/orders?limit=20&cursor=s3cr3t', '/v1/orders?limit=…&cursor=…'],
    ['/v1/orders?s3cr3t', '/v1/orders?…'],
    ['/v1/orders?a=1=2?b=3', '/v1/orders?a=…'],
    ['/v1/orders#s3cr3t', '/v1/orders#…'],
    ['https://user:s3cr3t@api.example.com/v1?a=b', 'https://…api.example.com/v1?a=…'],
    [`/v1/${SECRET}/x?${SECRET}=1`, '/v1/…/x?…=…'],
    [`/v1/${'0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088'}`, '/v1/…'],
    [`/v1/x_${'0c'.repeat(48)}`, '/v1/x_…'],
    [`/v1?${'a=1&'.repeat(50)}`, `/v1?${'a=…&'.repeat(8)}…`],
  ])('%s is shown as %s', (target, shown) => {
    expect(shownTarget(target)).toBe(shown);
  });

  it('never holds the value of a query, and is short', () => {
    const value = fc.stringMatching(/^[A-Z0-9%]{6,40}$/);
    const name = fc.stringMatching(/^[a-z[\].]{0,50}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 40 }), (pairs) => {
        const shown = shownTarget(`/v1/orders?${pairs.map(([n, v]) => `${n}=${v}`).join('&')}`);
        for (const [, v] of pairs) expect(shown).not.toContain(v);
        expect(shown.length).toBeLessThanOrEqual(330);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a redacted text', () => {
  it('is never longer than 160 characters and takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        expect(redact(text).length).toBeLessThanOrEqual(160);
      }),
      { numRuns: 1000 },
    );
  });

  it('has no secret in it, wherever it stands, also where it is cut', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 100 }), (before, after) => {
        expect(redact(`${before}${SECRET}${after}`)).not.toMatch(/cs1s_[\w-]/i);
      }),
      { numRuns: 1000 },
    );
  });
});
