/**
 * Scopes (spec 2.1) of every legal size, with segments drawn from few names so that they contain one another now
 * and then. What a key is granted is in `signing-keys.ts`.
 */
import fc from 'fast-check';

const MAX_SEGMENTS = 8;
const MAX_SCOPE_BYTES = 128;
const SEGMENT_CHARACTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-'];

/** One segment: 1 to 64 characters; mostly of a few names that recur. */
export function scopeSegments(): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('orders', 'write', 'read', 'tenant-42', '..', '__proto__', 'constructor'),
    },
    {
      weight: 1,
      arbitrary: fc.string({ unit: fc.constantFrom(...SEGMENT_CHARACTERS), minLength: 1, maxLength: 64 }),
    },
  );
}

/** A scope of 1 to 8 segments and at most 128 bytes. */
export function scopes(): fc.Arbitrary<string> {
  return fc
    .array(scopeSegments(), { minLength: 1, maxLength: MAX_SEGMENTS })
    .map((segments) => segments.join(':'))
    .filter((scope) => scope.length <= MAX_SCOPE_BYTES);
}

/** A scope, or the empty text of a request that names none. */
export function signedScopes(): fc.Arbitrary<string> {
  return fc.option(scopes(), { nil: '', freq: 4 });
}

/** A scope and one that it contains: itself, or something below it. */
export function nestedScopes(): fc.Arbitrary<{ readonly outer: string; readonly inner: string }> {
  return fc
    .array(scopeSegments(), { minLength: 1, maxLength: MAX_SEGMENTS })
    .filter((segments) => segments.join(':').length <= MAX_SCOPE_BYTES)
    .chain((segments) =>
      fc.integer({ min: 1, max: segments.length }).map((depth) => ({
        outer: segments.slice(0, depth).join(':'),
        inner: segments.join(':'),
      })),
    );
}
