import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatSecret, hmacSha256Hex, importSecret, secretBytes } from '../src/secret.js';

const OCTETS = Uint8Array.from({ length: 32 }, (_, i) => i);
const TEXT = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

it('is written and read as the spec shows', () => {
  expect(formatSecret(OCTETS)).toBe(TEXT);
  expect(secretBytes(TEXT)).toEqual(OCTETS);
});

it('round-trips at every length from 32 bytes on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 200 }), (octets) => {
      const text = formatSecret(octets);
      expect(text).toBe(`cs1s_${Buffer.from(octets).toString('base64url')}`);
      expect(secretBytes(text)).toEqual(octets);
    }),
    { numRuns: 1000 },
  );
});

const BODY = TEXT.slice('cs1s_'.length);

it.each([
  ...[
    '',
    'cs1s_',
    BODY,
    `CS1S_${BODY}`,
    `cs2s_${BODY}`,
    ` ${TEXT}`,
    `${TEXT} `,
    `${TEXT}\n`,
    `${TEXT}=`,
    `${TEXT}AB`,
  ],
  ...[
    `cs1s_${BODY}.`,
    `cs1s_+${BODY}`,
    `cs1s_/${BODY}`,
    `cs1s_cs1s_${BODY}!`,
    `cs1s_${BODY.slice(0, 8)}\n${BODY.slice(8)}`,
  ],
  ...[
    `cs1s_${BODY.slice(0, -1)}9`,
    `cs1s_${BODY.slice(0, -1)}-`,
    `cs1s_${'A'.repeat(41)}`,
    `cs1s_${'A'.repeat(42)}`,
  ],
  ...[`cs1s_${BODY.replace('A', 'Ａ')}`, `cs1s_${BODY.replace('K', '\u212a')}\u212a`],
])('the text %j is a TypeError that does not quote it', (text) => {
  expect(() => secretBytes(text)).toThrow(TypeError);
  expect(() => importSecret(text)).toThrow(/^secret: /);
  expect(() => hmacSha256Hex(text, 'a')).toThrow(TypeError);
  try {
    secretBytes(text);
  } catch (error) {
    if (text.length > 8) expect(String(error)).not.toContain(text.slice(5, 20));
  }
});

it('has no second text: of all last characters, only those with zero unused bits are read', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const readable = (length: number) =>
    [...alphabet].filter((last) => {
      try {
        secretBytes(`cs1s_${'B'.repeat(length - 1)}${last}`);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return false;
      }
    });
  expect(readable(43).join('')).toBe('AEIMQUYcgkosw048');
  expect(readable(44)).toHaveLength(64);
  expect(readable(45)).toHaveLength(0);
  expect(readable(46).join('')).toBe('AQgw');
});

it('needs 32 bytes, as text and as bytes', () => {
  expect(() => secretBytes(new Uint8Array(31))).toThrow(/32 bytes or more, has 31/);
  expect(() => secretBytes(`cs1s_${Buffer.alloc(31).toString('base64url')}`)).toThrow(
    /32 bytes or more, has 31/,
  );
  expect(secretBytes(new Uint8Array(32))).toHaveLength(32);
  expect(() => formatSecret(new Uint8Array(31))).toThrow(TypeError);
});

it.each([undefined, null, 1, {}, [], new ArrayBuffer(32), Array(32).fill(0), new Uint16Array(32)])(
  '%j is not a secret',
  (secret) => {
    expect(() => secretBytes(secret as unknown as string)).toThrow(TypeError);
  },
);

it('is copied when it is imported, and shows nothing of itself', () => {
  const octets = Uint8Array.from(OCTETS);
  const key = importSecret(octets);
  const before = key.hmacHex('text');
  octets.fill(255);
  expect(key.hmacHex('text')).toBe(before);
  expect(before).toBe(hmacSha256Hex(TEXT, 'text'));
  expect(JSON.stringify(key)).toBe('{}');
});

it('gives the same MAC as text, bytes and imported', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 100 }),
      fc.string({ unit: 'binary' }),
      (octets, text) => {
        const mac = hmacSha256Hex(octets, text);
        expect(mac).toMatch(/^[0-9a-f]{64}$/);
        expect(hmacSha256Hex(formatSecret(octets), text)).toBe(mac);
        expect(hmacSha256Hex(importSecret(octets), text)).toBe(mac);
      },
    ),
    { numRuns: 1000 },
  );
});
