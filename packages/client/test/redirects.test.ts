import { afterEach, describe, expect, test } from 'vitest';
import { createFetch, createSigner, OutcomeUnknownError } from '../src/index.js';
import { nextHop } from '../src/redirects.js';
import { type FakeServer, fakeServer, KEY, type Reaction, type Received } from './fake-server.js';

const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
async function start(react?: (request: Received, index: number) => Reaction | undefined) {
  const server = await fakeServer(react);
  servers.push(server);
  return server;
}
const to = (location: string, status = 302): Reaction => ({ status, headers: { location }, body: 'moved' });
const fetch = createFetch(createSigner(KEY), { sleep: async () => {} });

describe('follow', () => {
  test.each([301, 302, 303, 307, 308])(
    'a GET is signed anew for its new target after a %i',
    async (status) => {
      const server = await start(({ target }) =>
        target === '/old' ? to('/new?b=2&a=1', status) : undefined,
      );
      const response = await fetch(`${server.origin}/old`, { scope: 'orders' });
      expect(await response.text()).toBe('executed ');
      expect([response.redirected, response.url]).toEqual([true, `${server.origin}/new?b=2&a=1`]);
      const [first, second] = server.received.map(({ signed }) => signed);
      expect(second).toMatchObject({ path: '/new', query: 'a=1&b=2', scope: 'orders' });
      expect(second?.nonce).not.toBe(first?.nonce);
    },
  );

  test('a redirect whose body is cut is followed, and ends no process', async () => {
    const cut = new ReadableStream({ start: (controller) => controller.error(new Error('cut')) });
    const answers = [
      new Response(cut, { status: 302, headers: { location: '/new' } }),
      new Response('moved'),
    ];
    const traced = createFetch(createSigner(KEY), {
      fetch: async () => answers.shift() ?? Response.error(),
    });
    expect(await (await traced('https://api.example.com/old')).text()).toBe('moved');
  });

  test('a POST that was answered stays executed, whatever becomes of the GET after it', async () => {
    const server = await start(({ target, verdict }) =>
      target === '/old' ? to('/new', 303) : { status: 429, headers: verdict('rate-limited'), body: '{}' },
    );
    const error = await fetch(`${server.origin}/old`, { method: 'POST', body: 'x' }).catch((error) => error);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error).toMatchObject({
      outcome: 'unknown',
      cause: { code: 'rate-limited' },
      lastResponse: { status: 303 },
    });
    // A GET executes nothing: there the error is that of the last hop.
    await expect(fetch(`${server.origin}/old`)).rejects.toMatchObject({ code: 'rate-limited' });
  });

  test('only requests to the named origins are signed', async () => {
    const [own, foreign] = [await start(), await start()];
    const ownFetch = createFetch(createSigner({ ...KEY, audience: 'api.example.com' }), {
      origins: [own.origin],
    });
    await ownFetch(`${own.origin}/a`);
    await ownFetch(`${foreign.origin}/a`, { method: 'POST', body: 'x' }).catch(() => {});
    expect(own.received[0]?.headers.authorization).toContain('CS1-HMAC-SHA256');
    expect(foreign.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test('a HEAD stays a HEAD, after a 303 too', async () => {
    const server = await start(({ target }) => (target === '/old' ? to('/new', 303) : undefined));
    expect((await fetch(`${server.origin}/old`, { method: 'HEAD' })).status).toBe(200);
    expect(server.received[1]).toMatchObject({ method: 'HEAD', target: '/new' });
    expect(server.received[1]?.signed).toBeDefined();
  });

  test.each([301, 302, 303])('a POST becomes a GET without body after a %i', async (status) => {
    const server = await start(({ target }) => (target === '/old' ? to('/new', status) : undefined));
    const response = await fetch(`${server.origin}/old`, {
      method: 'POST',
      body: 'x',
      headers: { 'x-kept': '1' },
    });
    expect(response.status).toBe(200);
    expect(server.received[1]).toMatchObject({ method: 'GET', body: '' });
    expect(server.received[1]?.signed?.headers).toEqual([]);
    expect(server.received[1]?.headers).toMatchObject({ 'x-kept': '1' });
  });

  test.each([
    ['POST', 307],
    ['POST', 308],
    ['DELETE', 307],
    ['PUT', 301],
    ['PATCH', 302],
    ['OPTIONS', 307],
  ])('a %s is not sent on after a %i: it would be executed twice', async (method, status) => {
    const server = await start(() => to('/new', status));
    const response = await fetch(`${server.origin}/old`, { method });
    expect([response.status, response.redirected, await response.text()]).toEqual([status, false, 'moved']);
    expect(server.received).toHaveLength(1);
  });

  test('another origin gets no signature and no credentials, and the way back neither', async () => {
    const home = await start(({ target }) => {
      if (target === '/a') return to(`${away.origin}/b`);
      return target === '/c' ? to('/d') : { status: 200, body: target };
    });
    const away = await start(() => to(`${home.origin}/c`));
    const signer = createSigner({ ...KEY, header: 'x-signature', debug: true });
    const headers = { authorization: 'Bearer x', cookie: 'a=b', 'x-kept': '1' };
    const response = await createFetch(signer)(`${home.origin}/a`, { headers });
    expect(await response.text()).toBe('/d');
    expect(home.received[0]?.headers).toHaveProperty('x-signature');
    const afterwards = [away.received[0], home.received[1], home.received[2]] as Received[];
    for (const { headers } of afterwards) {
      for (const name of ['x-signature', 'countersign-debug', 'authorization', 'cookie']) {
        expect(headers).not.toHaveProperty(name);
      }
      expect(headers).toMatchObject({ 'x-kept': '1' });
    }
  });

  test('a Host that was named for the origin that was called goes no further', () => {
    const headers = new Headers({ host: 'named.example' });
    const hop = { url: 'https://a.example/', method: 'GET', headers, signed: true };
    const hostAt = (location: string) =>
      nextHop(hop, new Response(null, { status: 302, headers: { location } }))?.headers.get('host');
    expect(hostAt('/b')).toBe('named.example');
    expect(hostAt('https://b.example/')).toBe(null);
  });

  test('another port, scheme or host is another origin', () => {
    const hop = { url: 'https://a.example/', method: 'GET', headers: new Headers(), signed: true };
    const next = (location: string) =>
      nextHop(hop, new Response(null, { status: 302, headers: { location } }));
    for (const url of [
      'https://a.example:8443/',
      'http://a.example/',
      'https://b.a.example/',
      '//b.example/',
    ]) {
      expect(next(url)?.signed).toBe(false);
    }
    expect(next('https://A.example:443/x')).toMatchObject({ signed: true, url: 'https://a.example/x' });
  });

  test('an answer without a usable Location is returned', async () => {
    for (const reaction of [{ status: 302 }, to('http://'), to('ftp://a.example/'), to('data:,x')]) {
      const server = await start(() => reaction);
      expect((await fetch(server.origin)).status).toBe(302);
    }
  });

  test('a Location is followed in a redirect only', async () => {
    const server = await start(({ target }) => (target === '/old' ? to('/new') : to('/elsewhere', 201)));
    expect((await fetch(`${server.origin}/old`)).status).toBe(201);
    expect(server.received.map(({ target }) => target)).toEqual(['/old', '/new']);
  });

  test('five times, and then a TypeError', async () => {
    const server = await start(({ target }) =>
      target === '/5' ? undefined : to(`/${Number(target.slice(1)) + 1}`),
    );
    expect((await fetch(`${server.origin}/0`)).status).toBe(200);
    const loop = await start(() => to('/'));
    await expect(fetch(loop.origin)).rejects.toThrow(new TypeError('redirected more than 5 times'));
    expect(loop.received).toHaveLength(6);
  });

  test('each hop keeps the rules of a call', async () => {
    const server = await start(({ target, verdict }, index) => {
      if (target === '/old') return to('/new');
      return index === 1 ? { status: 429, headers: verdict('rate-limited', { retryAfterMs: 1 }) } : undefined;
    });
    expect((await fetch(`${server.origin}/old`)).status).toBe(200);
    expect(server.received.map(({ target }) => target)).toEqual(['/old', '/new', '/new']);
    expect(server.received[1]?.headers.authorization).toBe(server.received[2]?.headers.authorization);
  });
});

describe('manual and error', () => {
  test('manual: the redirect is returned', async () => {
    const server = await start(() => to('/new'));
    const response = await fetch(server.origin, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/new']);
  });

  test('error: a TypeError at once, with or without a Location', async () => {
    for (const reaction of [to('/new'), { status: 308 }]) {
      const server = await start(() => reaction);
      await expect(fetch(server.origin, { redirect: 'error' })).rejects.toThrow(TypeError);
      await expect(fetch(new Request(server.origin, { redirect: 'error' }))).rejects.toThrow(TypeError);
      expect(server.received).toHaveLength(2);
    }
  });

  test('an opaque redirect, as in browsers, is returned as it is', async () => {
    const opaque = Object.defineProperties(Response.error(), { type: { value: 'opaqueredirect' } });
    const inBrowser = createFetch(createSigner(KEY), { fetch: async () => opaque });
    expect(await inBrowser('https://a.example/')).toBe(opaque);
    await expect(inBrowser('https://a.example/', { redirect: 'error' })).rejects.toThrow(TypeError);
  });
});
