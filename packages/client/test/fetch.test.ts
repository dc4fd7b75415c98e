import { describe, expect, test } from 'vitest';
import { createSigner } from '../src/index.js';
import { KEY, type Received } from './fake-server.js';
import { quick, start } from './fetch-setup.js';

describe('sends what it signs', () => {
  test.each([
    ['no body', {}, 'executed '],
    ['text', { method: 'POST', body: 'grüße' }, `executed ${Buffer.from('grüße').toString('latin1')}`],
    ['empty text', { method: 'POST', body: '' }, 'executed '],
    ['bytes', { method: 'PUT', body: Uint8Array.from([0, 255]) }, 'executed \u0000ÿ'],
    ['URLSearchParams', { method: 'POST', body: new URLSearchParams({ a: '1 2' }) }, 'executed a=1+2'],
    ['a Blob', { method: 'POST', body: new Blob(['x'], { type: 'text/csv' }) }, 'executed x'],
    ['a method in lower case', { method: 'post', body: 'x' }, 'executed x'],
  ])('%s', async (_, init, expected) => {
    const server = await start();
    const response = await quick().fetch(`${server.origin}/a b/%7e?z=1&a=%C3%A9#x`, init);
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1')).toBe(
      Buffer.from(expected).toString('latin1'),
    );
    expect(server.received[0]?.signed).toMatchObject({ path: '/a%20b/~', query: 'a=%C3%A9&z=1' });
  });

  test('FormData, with the boundary that is signed', async () => {
    const server = await start();
    const body = new FormData();
    body.append('a', '1');
    body.append('file', new Blob(['content']), 'a.txt');
    await quick().fetch(server.origin, { method: 'POST', body });
    const { signed, body: sent } = server.received[0] as Received;
    const [[name, value] = []] = signed?.headers ?? [];
    expect(name).toBe('content-type');
    expect(sent).toContain(/boundary=(.+)$/.exec(value ?? '')?.[1]);
    expect(sent).toContain('content');
  });

  test('a Request, with its method, fields and body', async () => {
    const server = await start();
    const request = new Request(`${server.origin}/r`, {
      method: 'PATCH',
      body: 'p',
      headers: { 'if-match': '"1"' },
    });
    const response = await quick().fetch(request, { scope: 'orders:write' });
    expect(await response.text()).toBe('executed p');
    expect(server.received[0]?.signed).toMatchObject({ scope: 'orders:write', method: 'PATCH' });
    expect(server.received[0]?.signed?.headers.map(([name]) => name)).toEqual(['content-type', 'if-match']);
  });

  test('the scope of the signer, or of the call', async () => {
    const server = await start();
    const { fetch } = quick({}, createSigner({ ...KEY, scope: 'a' }));
    await fetch(server.origin);
    await fetch(server.origin, { scope: 'b' });
    expect(server.received.map(({ signed }) => signed?.scope)).toEqual(['a', 'b']);
  });

  test('the debug field, when the signer is in debug mode', async () => {
    const server = await start();
    await quick({}, createSigner({ ...KEY, debug: true })).fetch(server.origin);
    expect(server.received[0]?.headers['countersign-debug']).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test('by the fetch that was given, or the global one of the moment', async () => {
    const urls: unknown[] = [];
    const fake: typeof fetch = async (url) => {
      urls.push(url);
      return new Response('fake');
    };
    expect(await (await quick({ fetch: fake }).fetch('http://a.example/x')).text()).toBe('fake');
    const signed = quick().fetch;
    const real = globalThis.fetch;
    globalThis.fetch = fake;
    try {
      expect(await (await signed('http://a.example/y')).text()).toBe('fake');
    } finally {
      globalThis.fetch = real;
    }
    expect(urls).toEqual(['http://a.example/x', 'http://a.example/y']);
  });

  test('passes options of fetch on that it does not know, and those of a Request', async () => {
    const seen: (RequestInit & Record<string, unknown>)[] = [];
    const { fetch } = quick({
      fetch: async (_, init) => {
        seen.push(init as (typeof seen)[0]);
        return new Response();
      },
    });
    const dispatcher = {};
    await fetch('http://a.example/', { dispatcher, keepalive: true } as RequestInit);
    await fetch(new Request('http://a.example/', { credentials: 'include', integrity: 'sha256-x' }));
    expect(seen[0]).toMatchObject({ dispatcher, keepalive: true });
    expect(seen[1]).toMatchObject({ credentials: 'include', integrity: 'sha256-x' });
  });

  test('rejects what cannot be signed, without sending', async () => {
    const server = await start();
    await expect(quick().fetch(`${server.origin}/a%2F..%2Fb`)).rejects.toMatchObject({
      code: 'ambiguous-target',
    });
    await expect(quick().fetch(server.origin, { headers: { authorization: 'Bearer x' } })).rejects.toThrow(
      /is taken/,
    );
    await expect(quick().fetch('relative')).rejects.toThrow(TypeError);
    expect(server.received).toHaveLength(0);
  });
});
