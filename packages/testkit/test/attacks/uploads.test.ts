/** Attacks with bodies that end early, come late or are others, on a real socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { VerifierOptions } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import type { SignedHead } from '../../src/index.js';
import { exchange, type HttpService, listen, open, wireHead, wireRequest } from './http-service.js';
import { type Service, serve, sign } from './service.js';

const body = 'x'.repeat(1000);

async function upload(options: Partial<VerifierOptions> = {}) {
  const service = serve({ now: Date.now, limits: { orders: '1/m' }, ...options });
  const http = await listen(service.verifier);
  return { service, http, head: sign({ method: 'POST', body, signedAtMs: Date.now() }) };
}

/** Sends what comes after the head, and cuts the connection. Waits until the service has noticed. */
async function cut(
  { port }: HttpService,
  service: Service,
  head: SignedHead,
  sent: string,
  lines: string[],
): Promise<void> {
  const seen = service.events.length;
  const socket = await open(port);
  socket.write(wireHead(head, ...lines) + sent);
  await sleep(20);
  socket.destroy();
  while (service.events.length === seen) await sleep(5);
}

describe('an upload cut after its headers that spends the nonce', () => {
  it.each([
    ['before its first byte', '', ['content-length: 1000']],
    ['before its last byte', body.slice(1), ['content-length: 1000']],
    ['between its chunks', '3e8\r\n', ['transfer-encoding: chunked']],
    ['before its last chunk', `3e8\r\n${body}\r\n`, ['transfer-encoding: chunked']],
  ])('spends neither nonce nor budget when it is cut %s', async (_, sent, lines) => {
    const { service, http, head } = await upload();
    for (let i = 0; i < 3; i++) await cut(http, service, head, sent, lines);
    expect(service.events.map(({ code }) => code)).toEqual(Array(3).fill('digest-mismatch'));
    expect(await exchange(http.port, wireRequest(head))).toEqual({ status: 200, body: 'admitted' });
    expect(await exchange(http.port, wireRequest(head))).toEqual({ status: 409, body: 'replayed-nonce' });
    expect(http.handled).toHaveLength(1);
  });

  it('spends neither when it never ends', async () => {
    const { service, http, head } = await upload({ bodyTimeoutMs: 50 });
    const slow = await exchange(http.port, Buffer.from(`${wireHead(head, 'content-length: 1000')}xxx`));
    expect(slow).toEqual({ status: 408, body: 'body-timeout' });
    expect(await exchange(http.port, wireRequest(head))).toEqual({ status: 200, body: 'admitted' });
    expect(service.events).toHaveLength(2);
  });
});

describe("a wrong body that spends a victim's nonce", () => {
  it.each([
    ['another body', 'y'.repeat(1000), 400, 'digest-mismatch'],
    ['a shorter body', body.slice(1), 400, 'digest-mismatch'],
    ['no body', '', 400, 'digest-mismatch'],
    ['a body that is too large', `${body}${'y'.repeat(2000)}`, 413, 'body-too-large'],
  ])('leaves nonce and budget to the victim after %s', async (_, wrong, status, code) => {
    const { http, head } = await upload({ maxBodyBytes: 2000 });
    for (let i = 0; i < 3; i++) {
      expect(await exchange(http.port, wireRequest({ ...head, body: wrong }))).toEqual({
        status,
        body: code,
      });
    }
    expect(await exchange(http.port, wireRequest(head))).toEqual({ status: 200, body: 'admitted' });
  });

  it('reads no byte of a body that is announced as too large, or whose head proves nothing', async () => {
    const { http, head } = await upload({ maxBodyBytes: 2000 });
    const announced = Buffer.from(wireHead(head, 'content-length: 2001'));
    expect(await exchange(http.port, announced)).toEqual({ status: 413, body: 'body-too-large' });
    const forged = Buffer.from(wireHead({ ...head, target: '/v1/other' }, 'content-length: 1000'));
    expect(await exchange(http.port, forged)).toEqual({ status: 401, body: 'invalid-signature' });
    expect(await exchange(http.port, wireRequest(head))).toEqual({ status: 200, body: 'admitted' });
  });

  it('does not promise it to a route that streams: it admits first, charges, and says so', async () => {
    const { verifier, outcome } = serve({ limits: { orders: '1/m' } });
    const head = sign({ method: 'POST', body });
    const proved = await verifier.verify(head, { scope: 'orders' });
    if (!proved.ok) throw new Error(proved.code);
    const streamed = await proved.stream(
      (async function* () {
        yield new TextEncoder().encode('wrong');
      })(),
    );
    if (!streamed.ok) throw new Error(streamed.code);
    await streamed.body.next();
    await expect(streamed.body.next()).rejects.toThrow();
    const error = await streamed.verified.catch((reason) => reason);
    expect(streamed.refuse(error)).toMatchObject({ code: 'digest-mismatch', problem: { charged: true } });
    expect(await outcome(head)).toBe('replayed-nonce');
  });
});
