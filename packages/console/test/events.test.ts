import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { createSigner } from '@countersign/client';
import { ANY_HOST, createVerifier, keyring } from '@countersign/server';
import { Hono } from 'hono';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventStreams } from '../src/events.js';
import { createFeed, FEED_BOUNDS } from '../src/feed.js';
import { counted, readEvents } from './support/event-stream.js';
import { serveApp, serveConsole, statusOfRaw } from './support/served.js';
import { stranger, verdict } from './support/verdicts.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('the feed over HTTP', () => {
  it('gives a page that opens late what was before, and then what comes', async () => {
    const { base, onVerdict } = await serveConsole();
    for (let i = 0; i < 7; i++) onVerdict(verdict());
    await new Promise((resolve) => setTimeout(resolve, 400));
    const page = await readEvents(`${base}/events`);
    expect(page.response.headers.get('content-type')).toBe('text/event-stream');
    expect(page.response.headers.get('cache-control')).toBe('no-store');
    await page.until(() => counted(page.ticks()) === 7);
    expect(page.hello()?.resumed).toBe(false);
    onVerdict(verdict({ code: 'replayed-nonce', target: '/late' }));
    await page.until(() => counted(page.ticks()) === 8);
    expect(page.ticks().at(-1)?.rows).toMatchObject([{ code: 'replayed-nonce', target: '/late' }]);
    expect(page.lost()).toEqual([]);
  });

  it('goes on after the last event that a page has seen, and starts anew where that means nothing', async () => {
    const { base, onVerdict } = await serveConsole();
    onVerdict(verdict());
    const first = await readEvents(`${base}/events`);
    await first.until(() => first.ticks().length === 1);
    const id = first.events().at(-1)?.id ?? '';
    first.stop();
    onVerdict(verdict({ target: '/while-away' }));
    const again = await readEvents(`${base}/events`, id);
    await again.until(() => again.ticks().length === 1);
    expect([again.hello()?.resumed, counted(again.ticks())]).toEqual([true, 1]);
    expect(again.ticks()[0]?.rows[0]?.target).toBe('/while-away');
    for (const unknown of [
      id.replace(/.*-/, 'othersrv-'),
      id.replace(/-.*/, '-999'),
      'x',
      '-',
      `${id}9999`,
      '',
    ]) {
      const anew = await readEvents(`${base}/events`, unknown);
      await anew.until(() => counted(anew.ticks()) === 2);
      expect([unknown, anew.hello()?.resumed]).toEqual([unknown, false]);
    }
  });

  it('never holds a secret, a signature, a value of a header or of a query', async () => {
    const { base, onVerdict } = await serveConsole();
    const verifier = createVerifier({
      keys: keyring({ key_1: { secret: SECRET, owner: 'acme', scopes: ['orders'] } }),
      audience: ANY_HOST,
      limits: { '*': '1/m' },
      onVerdict,
    });
    const url = 'https://api.example.com/v1/orders?card=4111111111111111&t0ken-alone';
    const headers = { 'content-type': 'application/x-header-value', 'x-api-key': 'header-secret' };
    const signatures: string[] = [];
    const send = async (over: { target?: string; key?: string } = {}): Promise<void> => {
      const signer = createSigner({ keyId: 'key_1', secret: SECRET, scope: 'orders' });
      const signed = signer.sign({ method: 'GET', url, headers });
      signatures.push(/sig="([0-9a-f]+)"/.exec(signed['authorization'] ?? '')?.[1] ?? '');
      const pairs = Object.entries({
        host: 'api.example.com',
        ...headers,
        authorization: signed['authorization']?.replace('key_1', over.key ?? 'key_1') ?? '',
      });
      const target = over.target ?? '/v1/orders?card=4111111111111111&t0ken-alone';
      for (let i = 0; i < 2; i++) {
        await verifier.verify(
          { method: 'GET', target, headers: pairs },
          { scope: 'orders', body: new Uint8Array() },
        );
      }
    };
    await send();
    await send();
    await send({ target: '/v1/orders?card=5500000000000004' });
    await send({ target: '/v1/../orders?card=5500000000000004' });
    // A client that was set up with its secret in the place of its key id.
    await send({ key: SECRET });
    onVerdict(stranger({ code: 'store-unavailable', reason: `redis://app:hunter2@db refused ${SECRET}` }));
    const page = await readEvents(`${base}/events`);
    await page.until(() => counted(page.ticks()) === 11);
    const codes = new Set(page.ticks().flatMap(({ rows }) => rows.map(({ code }) => code)));
    expect(codes).toEqual(
      new Set([
        'admitted',
        'replayed-nonce',
        'rate-limited',
        'invalid-signature',
        'ambiguous-target',
        'store-unavailable',
      ]),
    );
    const text = page.text();
    for (const secret of [
      '4111',
      '5500',
      't0ken',
      'header-value',
      'header-secret',
      'hunter2',
      SECRET.slice(5, 20),
    ]) {
      expect([secret, text.includes(secret)]).toEqual([secret, false]);
    }
    for (const signature of signatures) expect(text).not.toContain(signature.slice(0, 16));
    expect(text).toContain('?card=…&…');
  });

  it('loses verdicts of a page that does not read, tells it so, and holds nothing for it', async () => {
    const feed = createFeed(Date.now, { ...FEED_BOUNDS, tickMs: 2, maxChars: 50_000 });
    const { handle, close } = eventStreams(feed, Date.now);
    onTestFinished(close);
    const base = await serveApp(new Hono().get('/events', handle).fetch);
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    socket.pause();
    let sent = 0;
    // More than sockets and streams hold; what is read then is far less than what was there.
    for (let i = 0; i < 1_500; i++) {
      for (let n = 0; n < 60; n++, sent++) {
        feed.observe(
          verdict({
            owner: `owner-${n}`,
            code: n % 2 === 0 ? 'admitted' : 'rate-limited',
            reason: 'r'.repeat(150),
          }),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.resume();
    await expect.poll(() => text.includes(`-${sent}\n`), { timeout: 20_000 }).toBe(true);
    const lost = [...text.matchAll(/event: lost\ndata: \{"verdicts":(\d+)\}/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    const read = counted(
      [...text.matchAll(/^data: (\{"at".*\})$/gm)].map(([, json = '']) => JSON.parse(json)),
    );
    expect(lost).toBeGreaterThan(0);
    expect(lost + read).toBe(sent);
  });

  it('says that it is still there when nothing happens', async () => {
    const { handle, close } = eventStreams(createFeed(Date.now), Date.now, 30);
    onTestFinished(close);
    const base = await serveApp(new Hono().get('/events', handle).fetch);
    const page = await readEvents(`${base}/events`);
    await page.until(() => page.text().split(': still here\n\n').length > 3);
    expect(page.events().map(({ event }) => event)).toEqual(['hello']);
  });

  it('gives no room to whoever asks by HEAD, nor to a page of another site', async () => {
    const { base } = await serveConsole();
    const head = () => fetch(`${base}/events`, { method: 'HEAD' });
    const heads = await Promise.all(Array.from({ length: 32 }, head));
    expect(new Set(heads.map(({ status }) => status))).toEqual(new Set([200]));
    for (const site of ['cross-site', 'same-site']) {
      expect(await statusOfRaw(base, '/events', [`Sec-Fetch-Site: ${site}`])).toBe(403);
    }
    const page = await readEvents(`${base}/events`);
    expect(page.response.status).toBe(200);
  });

  it('has room for 32 pages, and for another when one has gone', async () => {
    const { base } = await serveConsole();
    const pages = await Promise.all(Array.from({ length: 32 }, () => readEvents(`${base}/events`)));
    expect(pages.map(({ response }) => response.status)).toEqual(pages.map(() => 200));
    const refused = await fetch(`${base}/events`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    pages[0]?.stop();
    await expect
      .poll(async () => {
        const page = await readEvents(`${base}/events`);
        page.stop();
        return page.response.status;
      })
      .toBe(200);
  });

  it('ends with the console, and pages are told not to come back', async () => {
    const { base, onVerdict, close } = await serveConsole();
    onVerdict(verdict());
    const page = await readEvents(`${base}/events`);
    await page.until(() => page.ticks().length === 1);
    close();
    await page.until(() => false);
    expect(page.ended()).toBe(true);
    expect((await fetch(`${base}/events`)).status).toBe(204);
  });

  it('keeps no process alive', async () => {
    const program = `
      import { createConsole } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const { onVerdict } = createConsole();
      onVerdict(${JSON.stringify(verdict())});
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 10_000,
    });
    expect((await run).stdout).toBe('0\n');
  });
});

describe('onVerdict', () => {
  it('takes the same small time however much it has heard', () => {
    const feed = createFeed(Date.now);
    const events = Array.from({ length: 1_000 }, (_, i) =>
      verdict({
        owner: `owner-${i}`,
        target: `/v1/${'x'.repeat(15_000)}?a=1`,
        budgets: [{ policy: `orders:${i} 9/1s`, limit: 9, windowMs: 1000, remaining: 1, resetMs: 1 }],
      }),
    );
    const perCallUs = (calls: number): number => {
      const from = performance.now();
      for (let i = 0; i < calls; i++) feed.observe(events[i % events.length] ?? verdict());
      return ((performance.now() - from) * 1000) / calls;
    };
    perCallUs(20_000);
    const early = perCallUs(20_000);
    perCallUs(300_000);
    const late = perCallUs(20_000);
    expect(early).toBeLessThan(50);
    expect(late).toBeLessThan(50);
  });
});
