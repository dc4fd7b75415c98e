import { readRequest, requestPolicy, type SecretKey } from '@countersign/canonical';
import { signHead } from '@countersign/testkit';
import { describe, expect, it } from 'vitest';
import { type Key, MAX_SECRETS } from '../../src/keys/key.js';
import { dummySecret, prove } from '../../src/steps/prove.js';

const T = 1_763_750_000_000;
const head = signHead({ signedAtMs: T });
const request = readRequest(head, requestPolicy({ audience: 'api.example.com' }));

/** A secret that gives this MAC, and counts how often it was asked. */
function secretGiving(mac: string): SecretKey & { macs: number } {
  const secret = {
    macs: 0,
    hmacHex: () => {
      secret.macs++;
      return mac;
    },
  };
  return secret;
}

/** A key with these secrets; those that are `ended` no longer count. */
function keyOf(secrets: SecretKey[], more: Partial<Key> = {}, ended = 0): Key {
  return {
    ...{ id: 'key_1', owner: 'key_1', scopes: [], disabled: false },
    secrets: secrets.map((key, i) => (i < ended ? { key, expiresAtMs: T } : { key })),
    ...more,
  };
}

const right = () => secretGiving(head.sig);
const wrong = () => secretGiving('0'.repeat(64));

describe('a key is proved', () => {
  it('by whichever of its secrets gives the MAC', () => {
    for (let place = 0; place < MAX_SECRETS; place++) {
      const secrets = Array.from({ length: MAX_SECRETS }, (_, i) => (i === place ? right() : wrong()));
      expect(prove(request, keyOf(secrets), wrong(), T)).toBe(secrets[place]);
    }
  });

  it('by no secret that has ended, nor of a key that is not usable', () => {
    expect(prove(request, keyOf([right()], {}, 1), wrong(), T)).toBeUndefined();
    expect(prove(request, keyOf([right()], { disabled: true }), wrong(), T)).toBeUndefined();
    expect(prove(request, keyOf([right()], { notBeforeMs: T + 1 }), wrong(), T)).toBeUndefined();
    expect(prove(request, keyOf([right()], { expiresAtMs: T }), wrong(), T)).toBeUndefined();
  });

  it('by nothing where there is no key, not even by the secret that stands in for it', () => {
    expect(prove(request, undefined, right(), T)).toBeUndefined();
    expect(prove(request, keyOf([wrong()]), right(), T)).toBeUndefined();
  });
});

describe('unknown against known keys', () => {
  it.each<[string, (secrets: SecretKey[]) => Key | undefined, number]>([
    ['an unknown key', () => undefined, 0],
    ['a key with one secret', (secrets) => keyOf(secrets), 1],
    ['a key with two', (secrets) => keyOf(secrets), 2],
    ['a key with three', (secrets) => keyOf(secrets), 3],
    ['a key of whose three one has ended', (secrets) => keyOf(secrets, {}, 1), 3],
    ['a disabled key', (secrets) => keyOf(secrets, { disabled: true }), 1],
  ])('%s costs as many MACs as any other', (_, key, count) => {
    const secrets = Array.from({ length: count }, wrong);
    const dummy = wrong();
    expect(prove(request, key(secrets), dummy, T)).toBeUndefined();
    expect([dummy, ...secrets].reduce((sum, { macs }) => sum + macs, 0)).toBe(MAX_SECRETS);
  });

  it('the secret that stands in is another one each time', () => {
    const macs = [dummySecret(), dummySecret()].map((secret) => secret.hmacHex('text'));
    expect(macs[0]).not.toBe(macs[1]);
    expect(macs).not.toContain(head.sig);
  });
});
