/** Attacks on whom a request is for. */

import { ANY_HOST, type Audience } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import type { SignedHead } from '../../src/index.js';
import { exchange, listen, wireRequest } from './http-service.js';
import { serve, sign, withField, withLines } from './service.js';

const audience = ['a.example', 'b.example'];
const toA = (input: Parameters<typeof sign>[0] = {}) => sign({ audience: 'a.example', ...input });

describe('two Host fields, or a Host that contradicts the absolute target', () => {
  it.each<{ audience: Audience }>([{ audience }, { audience: ANY_HOST }])(
    'refuses two Host fields, the same or not, with %o',
    async (options) => {
      const service = serve(options);
      expect(await service.outcome(withLines(toA(), ['host', 'b.example']))).toBe('malformed-request');
      expect(await service.outcome(withField(toA(), 'host', (value) => ['b.example', value]))).toBe(
        'malformed-request',
      );
      expect(await service.outcome(withLines(toA(), ['Host', 'a.example']))).toBe('malformed-request');
      expect(await service.outcome(withField(toA(), 'host', () => 'a.example, b.example'))).toBe(
        'malformed-request',
      );
      expect(await service.outcome(withField(toA(), 'host', () => []))).toBe('malformed-request');
      expect(await service.outcome(withField(toA(), 'host', () => 'a.example@b.example'))).toBe(
        'malformed-request',
      );
      expect(await service.outcome(toA())).toBe('admitted');
    },
  );

  it('goes by the absolute target, as RFC 9112 says, and never by both', async () => {
    const service = serve({ audience });
    const absolute = (authority: string): Partial<SignedHead> => ({
      target: `http://${authority}/v1/orders`,
    });
    expect(await service.outcome({ ...toA(), ...absolute('b.example') })).toBe('invalid-signature');
    expect(await service.outcome({ ...toA(), ...absolute('c.example') })).toBe('wrong-audience');
    expect(await service.outcome({ ...toA(), ...absolute('a.example@b.example') })).toBe('malformed-target');
    const head = { ...toA(), ...absolute('a.example') };
    expect(await service.outcome(withField(head, 'host', () => 'b.example'))).toBe('admitted');
    expect(await service.outcome(head)).toBe('replayed-nonce');
  });

  it('holds on a socket too', async () => {
    const { verifier } = serve({ audience, now: Date.now });
    const { port, handled } = await listen(verifier);
    const head = toA({ signedAtMs: Date.now() });
    expect(await exchange(port, wireRequest(head, 'Host: b.example'))).toMatchObject({ status: 400 });
    expect(
      await exchange(port, wireRequest({ ...head, target: 'http://b.example/v1/orders' })),
    ).toMatchObject({ status: 401, body: 'invalid-signature' });
    expect(handled).toEqual([]);
    expect(
      await exchange(port, wireRequest({ ...head, target: 'http://a.example/v1/orders' })),
    ).toMatchObject({ status: 200, body: 'admitted' });
  });
});

describe('a captured request played to another service that shares the keyring', () => {
  it('is worth nothing at a service of another name, whatever Host says', async () => {
    const captured = toA();
    const b = serve({ audience: 'b.example' });
    expect(await b.outcome(captured)).toBe('invalid-signature');
    expect(await b.outcome(withField(captured, 'host', () => 'b.example'))).toBe('invalid-signature');
    expect(await b.outcome({ ...captured, target: 'http://b.example/v1/orders' })).toBe('invalid-signature');
    expect(await b.outcome({ ...captured, target: 'http://a.example/v1/orders' })).toBe('invalid-signature');
    expect(await serve({ audience: 'a.example' }).outcome(captured)).toBe('admitted');
  });

  it('is worth nothing at a service that has a list of names', async () => {
    const captured = toA();
    const b = serve({ audience: ['b.example', 'a.example:8443'] });
    expect(await b.outcome(captured)).toBe('wrong-audience');
    expect(await b.outcome(withField(captured, 'host', () => 'b.example'))).toBe('invalid-signature');
    expect(await b.outcome(withField(captured, 'host', () => 'a.example:8443'))).toBe('invalid-signature');
    expect(await b.outcome(sign({ audience: 'b.example' }))).toBe('admitted');
  });

  it('is worth something where ANY_HOST gives the protection up, which is for development', async () => {
    const captured = toA();
    expect(await serve({ audience: ANY_HOST }).outcome(withField(captured, 'host', () => 'b.example'))).toBe(
      'invalid-signature',
    );
    expect(await serve({ audience: ANY_HOST }).outcome(captured)).toBe('admitted');
  });
});
