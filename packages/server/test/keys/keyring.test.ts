import { formatSecret } from '@countersign/canonical';
import { expect, test } from 'vitest';
import type { KeyConfig } from '../../src/keys/key.js';
import { keyring } from '../../src/keys/keyring.js';

const config: KeyConfig = { secret: formatSecret(new Uint8Array(32)), scopes: ['*'] };

test('a keyring has every answer at hand', async () => {
  const keys = keyring({ a: config, b: { ...config, owner: 'acme' } });
  expect(keys.peek('b')?.key?.owner).toBe('acme');
  expect(await keys.find('b')).toBe(keys.peek('b')?.key);
  expect(keys.peek('c')).toEqual({ key: undefined });
  expect(await keys.find('c')).toBeUndefined();
});

test('`__proto__` as a parameter or key id: an own property is a key like any other', () => {
  const entries = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map(
    (id) => [id, config] as const,
  );
  const keys = keyring(Object.fromEntries(entries));
  for (const [id] of entries) expect(keys.peek(id)?.key?.id).toBe(id);
  const parsed = keyring(JSON.parse(`{"__proto__":${JSON.stringify(config)}}`));
  expect(parsed.peek('__proto__')?.key?.id).toBe('__proto__');
});

test('`__proto__` as a parameter or key id: what was not configured is not there', () => {
  const keys = keyring({ a: config });
  for (const id of ['__proto__', 'constructor', 'toString', 'valueOf'])
    expect(keys.peek(id)).toEqual({ key: undefined });
});

test('keys of the prototype are not in the ring', () => {
  const keys = keyring(Object.create({ inherited: config }, { own: { value: config, enumerable: true } }));
  expect(keys.peek('own')?.key?.id).toBe('own');
  expect(keys.peek('inherited')).toEqual({ key: undefined });
});

test('ids differ by case and by every character', () => {
  const keys = keyring({ Key: config });
  for (const id of ['key', 'KEY', 'Key ', 'Ke\u212a']) expect(keys.peek(id)?.key).toBeUndefined();
});

test('what is changed afterwards changes nothing', () => {
  const mutable: Record<string, KeyConfig> = { a: config };
  const keys = keyring(mutable);
  Object.assign(mutable, { b: config });
  Reflect.deleteProperty(mutable, 'a');
  expect([keys.peek('a')?.key?.id, keys.peek('b')?.key]).toEqual(['a', undefined]);
});

test('a wrong key is refused by its name when the ring is made', () => {
  expect(() => keyring({ ok: config, partner_1: { ...config, scopes: ['no scope'] } })).toThrow(
    /^keys\.partner_1\.scopes\[0\]/,
  );
  expect(() => keyring({ 'no id': config })).toThrow(TypeError);
  for (const keys of [null, undefined, 'keys', [config], new Map([['a', config]])]) {
    expect(() => Reflect.apply(keyring, undefined, [keys])).toThrow('keys: expected an object');
  }
});
