import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importSecret } from '../src/secret.js';
import { formatVerdict, openVerdict, type VerdictFields } from '../src/verdict-field.js';

const secret = importSecret(new Uint8Array(32));
const subject = { key: 'k', nonce: '0f8fad5b-d9cb-469f-a165-70867728950e', sig: 'a'.repeat(64) };
const times = fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 });
const verdicts: fc.Arbitrary<VerdictFields> = fc.record(
  {
    code: fc.constantFrom('admitted', 'rate-limited', 'stale-timestamp'),
    timeMs: times,
    deadSinceMs: times,
    retryAfterMs: fc.integer({ min: 0, max: 999_999_999_999_999 }),
  },
  { requiredKeys: ['code', 'timeMs'] },
);

it('is a MAC over eight lines, its own scheme first', () => {
  const text = `CS1-VERDICT-HMAC-SHA256\nk\n${subject.nonce}\n${subject.sig}\nrate-limited\n1763750000000\n\n250`;
  const field = `code="rate-limited", time="1763750000000", dead-since="", retry-after-ms="250", sig="${secret.hmacHex(text)}"`;
  const verdict = { code: 'rate-limited', timeMs: 1_763_750_000_000, retryAfterMs: 250 };
  expect(formatVerdict(secret, subject, verdict)).toBe(field);
  expect(openVerdict(secret, subject, field)).toEqual(verdict);
});

it('opens to what was written', () => {
  fc.assert(
    fc.property(verdicts, (verdict) => {
      expect(openVerdict(secret, subject, formatVerdict(secret, subject, verdict))).toEqual(verdict);
    }),
    { numRuns: 2000 },
  );
});

it('does not open with any character changed, taken out or put in', () => {
  const full = {
    code: 'rate-limited',
    timeMs: 1_763_750_000_000,
    deadSinceMs: 1_763_749_999_000,
    retryAfterMs: 15,
  };
  const field = formatVerdict(secret, subject, full);
  expect(openVerdict(secret, subject, field)).toEqual(full);
  for (let at = 0; at <= field.length; at++) {
    const [before, char, after] = [field.slice(0, at), field.charAt(at), field.slice(at + 1)];
    if (char !== '') expect(openVerdict(secret, subject, before + after)).toBeUndefined();
    for (const other of ['0', '1', 'a', 'f', 'A', ' ', '"', ',', '-', '\n', '\u0660']) {
      if (other !== char && char !== '')
        expect(openVerdict(secret, subject, before + other + after)).toBeUndefined();
      expect(openVerdict(secret, subject, before + other + char + after)).toBeUndefined();
    }
  }
});

it('opens for its own request and secret only', () => {
  const field = formatVerdict(secret, subject, { code: 'admitted', timeMs: 1_763_750_000_000 });
  for (const other of [{ key: 'K' }, { nonce: subject.nonce.replace('0', '1') }, { sig: 'b'.repeat(64) }]) {
    expect(openVerdict(secret, { ...subject, ...other }, field)).toBeUndefined();
  }
  expect(openVerdict(importSecret(new Uint8Array(32).fill(1)), subject, field)).toBeUndefined();
});

it('cannot be moved between its parts: no line of the text runs into the next', () => {
  const verdict = { code: 'admitted', timeMs: 1_763_750_000_000 };
  const field = formatVerdict(secret, { ...subject, key: 'k' }, verdict);
  expect(openVerdict(secret, { ...subject, key: `k\n${subject.nonce}`, nonce: '' }, field)).toBeUndefined();
});

it('does not open where a time has not 13 digits, the first not 0', () => {
  const written = (timeMs: number, deadSinceMs: number) =>
    openVerdict(secret, subject, formatVerdict(secret, subject, { code: 'admitted', timeMs, deadSinceMs }));
  const good = 1_763_750_000_000;
  expect(written(good, good)).toBeDefined();
  for (const bad of [0, 1, 999_999_999_999, 10_000_000_000_000, -good, good + 0.5, Number.NaN, 1e30]) {
    expect(written(bad, good)).toBeUndefined();
    expect(written(good, bad)).toBeUndefined();
  }
  const padded = `0${good}`.slice(0, 13);
  const text = [
    'CS1-VERDICT-HMAC-SHA256',
    subject.key,
    subject.nonce,
    subject.sig,
    'admitted',
    padded,
    '',
    '',
  ].join('\n');
  const field = `code="admitted", time="${padded}", dead-since="", retry-after-ms="", sig="${secret.hmacHex(text)}"`;
  expect(openVerdict(secret, subject, field)).toBeUndefined();
});

it('never throws, whatever the field holds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), (value) => {
      expect(openVerdict(secret, subject, value)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});
