import { parseAuthorization, sha256Hex } from '@countersign/canonical';
import { describe, expect, test } from 'vitest';
import { CanonicalError, createSigner } from '../src/index.js';
import { base, debugged, debugText, fixed, url } from './signer-setup.js';

describe('debug', () => {
  test('adds what was signed', () => {
    const signer = createSigner({ ...fixed, debug: true });
    const fields = signer.sign({
      method: 'POST',
      url,
      body: 'x',
      headers: { 'content-type': 'text/plain' },
      scope: 'a',
    });
    expect(fields['countersign-debug']).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(debugged(fields)).toMatchObject({
      method: 'POST',
      audience: 'api.example.com',
      path: '/v1/orders',
      scope: 'a',
      headers: [['content-type', 'text/plain']],
    });
  });

  test('leaves the field out when it would be longer than 4,096 characters', () => {
    const signer = createSigner({ ...fixed, debug: true });
    const lengthOf = (padding: number) =>
      signer.sign({ method: 'GET', url: `${url}?${'a'.repeat(padding)}` })['countersign-debug']?.length;
    const empty = debugText(signer.sign({ method: 'GET', url })).length;
    expect(lengthOf(3072 - empty)).toBe(4096);
    expect(lengthOf(3072 - empty + 1)).toBeUndefined();
  });
});

describe('signRequest', () => {
  test('adds the signature over the bytes that the request will send', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('file', new Blob(['content']), 'a.txt');
    const signed = await createSigner(base).signRequest(new Request(url, { method: 'POST', body: form }), {
      scope: 'up',
    });
    const { digest, headers, scope } = parseAuthorization(signed.headers.get('authorization') ?? '');
    expect(headers).toEqual(['content-type']);
    expect(scope).toBe('up');
    expect(digest).toBe(sha256Hex(new Uint8Array(await signed.clone().arrayBuffer())));
    expect((await signed.formData()).get('a')).toBe('1');
  });

  test('keeps method, redirect mode and signal, and signs requests without a body', async () => {
    const aborter = new AbortController();
    const request = new Request(url, { method: 'DELETE', redirect: 'manual', signal: aborter.signal });
    const signed = await createSigner(base).signRequest(request);
    expect([signed.method, signed.redirect, signed.url]).toEqual(['DELETE', 'manual', url]);
    aborter.abort();
    expect(signed.signal.aborted).toBe(true);
    const get = await createSigner(base).signRequest(new Request(url));
    expect(parseAuthorization(get.headers.get('authorization') ?? '').digest).toBe(sha256Hex(''));
    const empty = await createSigner(base).signRequest(new Request(url, { method: 'POST', body: '' }));
    expect(await empty.text()).toBe('');
  });

  test('rejects a request that cannot be signed', async () => {
    const request = new Request('https://api.example.com/a%5C..%5Cb');
    await expect(createSigner(base).signRequest(request)).rejects.toThrow(CanonicalError);
  });
});
