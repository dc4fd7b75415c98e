import { formatSecret, hmacSha256Hex } from '@countersign/canonical';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  activeSecrets,
  defineKey,
  isKey,
  isUsable,
  type KeyConfig,
  MAX_SECRETS,
} from '../../src/keys/key.js';

const bytes = (fill: number, length = 32): Uint8Array => new Uint8Array(length).fill(fill);
const SECRET = formatSecret(bytes(7));

/** Defines a key from a record as it may come from JSON or a database, whatever its type. */
function define(config: unknown, id = 'k'): () => unknown {
  return () => Reflect.apply(defineKey, undefined, [id, config]);
}

describe('defineKey', () => {
  test('fills in what was left out', () => {
    const key = defineKey('partner_1', { secret: SECRET, scopes: ['orders:write', '*'] });
    expect(key).toMatchObject({
      id: 'partner_1',
      owner: 'partner_1',
      scopes: ['orders:write', '*'],
      disabled: false,
    });
    expect(key).not.toHaveProperty('limits');
    expect(key).not.toHaveProperty('notBeforeMs');
    expect(key).not.toHaveProperty('expiresAtMs');
    expect(key.secrets[0]).not.toHaveProperty('expiresAtMs');
  });

  test('takes an owner of 256 characters', () => {
    const owner = 'o'.repeat(256);
    expect(defineKey('k', { secret: SECRET, scopes: [], owner }).owner).toBe(owner);
  });

  test('takes what was written', () => {
    const key = defineKey('k', {
      secrets: [SECRET, { secret: bytes(8), expiresAt: new Date(2_000) }, { secret: bytes(9) }],
      owner: 'acme',
      scopes: [],
      limits: { '*': '10/s' },
      notBefore: 1_000,
      expiresAt: new Date(3_000),
      disabled: true,
    });
    expect(key).toMatchObject({
      owner: 'acme',
      scopes: [],
      notBeforeMs: 1_000,
      expiresAtMs: 3_000,
      disabled: true,
    });
    expect(key.secrets.map((secret) => secret.expiresAtMs)).toEqual([undefined, 2_000, undefined]);
    expect(key.secrets.map(({ key: secret }) => secret.hmacHex('text'))).toEqual(
      [bytes(7), bytes(8), bytes(9)].map((secret) => hmacSha256Hex(secret, 'text')),
    );
    expect(key.limits?.own.get('*')).toEqual([{ policy: '* 10/1s', limit: 10, windowMs: 1_000 }]);
  });

  test('is frozen through and through, and knows its own work', () => {
    const key = defineKey('k', { secret: SECRET, scopes: ['a'] });
    for (const part of [key, key.secrets, key.secrets[0], key.scopes])
      expect(Object.isFrozen(part)).toBe(true);
    expect(isKey(key)).toBe(true);
    expect(isKey({ ...key })).toBe(false);
  });

  test('keeps no tie to the bytes it was given', () => {
    const secret = bytes(1);
    const key = defineKey('k', { secret, scopes: [] });
    secret.fill(2);
    expect(key.secrets[0]?.key.hmacHex('text')).toBe(hmacSha256Hex(bytes(1), 'text'));
  });

  test.each(['__proto__', 'constructor', 'toString', 'a', '~', 'A.b_c~d-9', 'x'.repeat(64)])(
    'takes the id %s',
    (id) => {
      expect(defineKey(id, { secret: SECRET, scopes: [] }).id).toBe(id);
    },
  );

  test.each([
    ['', 'keys: "" is not a key id'],
    ['a b', 'keys: "a b" is not a key id'],
    ['a\n', 'keys: "a\\n" is not a key id'],
    ['Ä', 'keys: "Ä" is not a key id'],
    ['x'.repeat(65), 'is not a key id'],
    [7, 'keys: 7 is not a key id'],
    [SECRET, 'keys: a secret is not a key id'],
  ])('refuses the id %j', (id, message) => {
    const attempt = (): unknown => Reflect.apply(defineKey, undefined, [id, { secret: SECRET, scopes: [] }]);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(message);
  });

  test.each<[string, unknown, typeof TypeError | typeof RangeError, string]>([
    ['no record', null, TypeError, 'keys.k: expected an object'],
    ['a text for a record', SECRET, TypeError, 'keys.k: expected an object'],
    ['no secret', { scopes: [] }, TypeError, 'keys.k.secret: expected either'],
    [
      'secret and secrets',
      { secret: SECRET, secrets: [SECRET], scopes: [] },
      TypeError,
      'keys.k.secret: expected either',
    ],
    ['a null secret', { secret: null, scopes: [] }, TypeError, 'keys.k.secret: expected a text'],
    ['a short secret', { secret: bytes(1, 31), scopes: [] }, TypeError, 'keys.k.secret: needs 32 bytes'],
    [
      'a secret of another form',
      { secret: 'hunter2', scopes: [] },
      TypeError,
      'keys.k.secret: expected cs1s_',
    ],
    [
      'secrets that are no list',
      { secrets: SECRET, scopes: [] },
      TypeError,
      'keys.k.secrets: expected a list',
    ],
    ['no secrets', { secrets: [], scopes: [] }, RangeError, 'keys.k.secrets: expected 1 to 3, got 0'],
    [
      'four secrets',
      { secrets: Array(4).fill(SECRET), scopes: [] },
      RangeError,
      'keys.k.secrets: expected 1 to 3, got 4',
    ],
    [
      'a null among secrets',
      { secrets: [SECRET, null], scopes: [] },
      TypeError,
      'keys.k.secrets[1].secret: expected',
    ],
    [
      'an entry without secret',
      { secrets: [{}], scopes: [] },
      TypeError,
      'keys.k.secrets[0].secret: expected',
    ],
    [
      'a short second secret',
      { secrets: [SECRET, { secret: bytes(1, 9) }], scopes: [] },
      TypeError,
      'keys.k.secrets[1].secret: needs',
    ],
    [
      'a bad end of a secret',
      { secrets: [{ secret: SECRET, expiresAt: NaN }], scopes: [] },
      RangeError,
      'keys.k.secrets[0].expiresAt: NaN',
    ],
    ['an empty owner', { secret: SECRET, scopes: [], owner: '' }, TypeError, 'keys.k.owner'],
    ['a null owner', { secret: SECRET, scopes: [], owner: null }, TypeError, 'keys.k.owner'],
    ['a long owner', { secret: SECRET, scopes: [], owner: 'o'.repeat(257) }, TypeError, 'keys.k.owner'],
    [
      'half a character for an owner',
      { secret: SECRET, scopes: [], owner: 'a\ud800' },
      TypeError,
      'keys.k.owner: expected well-formed Unicode',
    ],
    ['no scopes', { secret: SECRET }, TypeError, 'keys.k.scopes: expected a list'],
    ['a text for scopes', { secret: SECRET, scopes: 'orders' }, TypeError, 'keys.k.scopes: expected a list'],
    ['an empty scope', { secret: SECRET, scopes: ['a', ''] }, TypeError, 'keys.k.scopes[1]: "" is neither'],
    [
      'a wildcard in a scope',
      { secret: SECRET, scopes: ['orders:*'] },
      TypeError,
      'keys.k.scopes[0]: "orders:*" is neither',
    ],
    [
      'a number for a scope',
      { secret: SECRET, scopes: [7] },
      TypeError,
      'keys.k.scopes[0]: number is neither',
    ],
    [
      'a list for a scope',
      { secret: SECRET, scopes: [['orders']] },
      TypeError,
      'keys.k.scopes[0]: object is neither',
    ],
    [
      'limits that are none',
      { secret: SECRET, scopes: [], limits: { a: '5/month' } },
      RangeError,
      'keys.k.limits["a"]',
    ],
    [
      'a text for a time',
      { secret: SECRET, scopes: [], expiresAt: '2030-01-01' },
      TypeError,
      'keys.k.expiresAt: expected a Date',
    ],
    [
      'a null time',
      { secret: SECRET, scopes: [], expiresAt: null },
      TypeError,
      'keys.k.expiresAt: expected a Date',
    ],
    [
      'an invalid date',
      { secret: SECRET, scopes: [], notBefore: new Date('x') },
      RangeError,
      'keys.k.notBefore: NaN',
    ],
    [
      'an endless time',
      { secret: SECRET, scopes: [], expiresAt: Infinity },
      RangeError,
      'keys.k.expiresAt: Infinity',
    ],
    [
      'half a millisecond',
      { secret: SECRET, scopes: [], expiresAt: 0.5 },
      RangeError,
      'keys.k.expiresAt: 0.5',
    ],
    [
      'a text for disabled',
      { secret: SECRET, scopes: [], disabled: 'false' },
      TypeError,
      'keys.k.disabled: expected',
    ],
  ])('refuses %s by its name', (_, config, kind, message) => {
    expect(define(config)).toThrow(kind);
    expect(define(config)).toThrow(message);
  });

  test('no error quotes a secret, wherever it was put', () => {
    const misplaced = fc.constantFrom<(secret: string) => unknown>(
      (secret) => ({ secret: secret.slice(0, -20), scopes: [] }),
      (secret) => ({ secret: `${secret}=`, scopes: [] }),
      (secret) => ({ secret: secret.slice(5), scopes: [] }),
      (secret) => ({ secrets: [secret, `${secret} `], scopes: [] }),
      (secret) => ({ secrets: secret, scopes: [] }),
      (secret) => ({ secret, secrets: [secret], scopes: [] }),
      (secret) => ({ secrets: [{ secret: [secret] }], scopes: [] }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 40 }), misplaced, (secret, misplace) => {
        const text = formatSecret(secret);
        try {
          define(misplace(text))();
        } catch (error) {
          expect(String(error)).not.toContain(text.slice(5, 25));
          return;
        }
        expect.unreachable('a misplaced secret was taken');
      }),
      { numRuns: 1_000 },
    );
  });

  test('nothing but TypeError and RangeError comes out, and nothing unusable', () => {
    const json = fc.jsonValue() as fc.Arbitrary<unknown>;
    const record = fc.record(
      {
        secret: fc.oneof(json, fc.constant(SECRET)),
        secrets: fc.oneof(json, fc.array(fc.constant(SECRET), { maxLength: 5 })),
        owner: json,
        scopes: fc.oneof(json, fc.array(fc.constantFrom('a', '*', 'a:b', '', ' ')), fc.constant(['a'])),
        notBefore: json,
        expiresAt: json,
        disabled: json,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(record, (config) => {
        try {
          const key = Reflect.apply(defineKey, undefined, ['k', config]);
          expect(key.secrets.length).toBeGreaterThan(0);
          expect(key.secrets.length).toBeLessThanOrEqual(MAX_SECRETS);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
          expect(String(error)).toContain('keys.k');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a key in time', () => {
  const usable = (config: Partial<KeyConfig>, nowMs: number): boolean =>
    isUsable(defineKey('k', { secret: SECRET, scopes: [], ...config } as KeyConfig), nowMs);

  test('is usable from notBefore on and no longer at expiresAt', () => {
    const times = { notBefore: 1_000, expiresAt: 2_000 };
    expect([999, 1_000, 1_999, 2_000].map((nowMs) => usable(times, nowMs))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('is always usable without times, and never when disabled', () => {
    expect(usable({}, 0)).toBe(true);
    expect(usable({ disabled: true }, 0)).toBe(false);
    expect(usable({ disabled: false }, 0)).toBe(true);
  });

  test('proves by a secret until that secret ends', () => {
    const key = defineKey('k', { secrets: [{ secret: bytes(1), expiresAt: 1_000 }, bytes(2)], scopes: [] });
    const macs = (nowMs: number): string[] => activeSecrets(key, nowMs).map((secret) => secret.hmacHex('t'));
    const [first, second] = [bytes(1), bytes(2)].map((secret) => hmacSha256Hex(secret, 't'));
    expect(macs(999)).toEqual([first, second]);
    expect(macs(1_000)).toEqual([second]);
  });

  test('proves nothing when all its secrets have ended', () => {
    const key = defineKey('k', { secrets: [{ secret: bytes(1), expiresAt: 5 }], scopes: [] });
    expect(activeSecrets(key, 5)).toEqual([]);
  });
});
