/** How every adapter answers: refusals as a whole, admissions as fields, connections that go on or close. */

import { keyring } from '@countersign/server';
import { expect, it } from 'vitest';
import { TEST_SECRET } from '../signing.js';
import type { AdapterUnderTest } from './adapter.js';
import { signNow, watchedVerifier } from './verifier.js';
import { exchange, sendSigned, type WireAnswer, wireBytes, wireHead } from './wire.js';

const TYPE = ['content-type', 'application/json'] as const;
const post = (body: string) => signNow({ method: 'POST', headers: [TYPE], body });
const codeOf = (answer: WireAnswer | undefined): unknown => JSON.parse(answer?.body ?? '{}').code;

export function describeAnswers({ serve }: AdapterUnderTest): void {
  it('answers a refusal with status, problem document and fields of the verdict', async () => {
    const { verifier } = watchedVerifier();
    const port = await serve({ verifier });
    const unsigned = { ...signNow(), headers: [['host', 'api.example.com']] as const };
    const answer = await sendSigned(port, unsigned);
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'www-authenticate': 'CS1-HMAC-SHA256',
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 401, code: 'missing-signature' });
    const replayed = signNow();
    expect((await sendSigned(port, replayed)).status).toBe(200);
    const second = await sendSigned(port, replayed);
    expect(second.status).toBe(409);
    expect(second.headers['countersign-verdict']).toMatch(/^code="replayed-nonce", time="\d{13}"/);
  });

  it('answers HEAD without a body, admitted or refused', async () => {
    const { verifier, admitted } = watchedVerifier();
    const port = await serve({ verifier });
    const head = signNow({ method: 'HEAD' });
    for (const status of [200, 409]) {
      const { text } = await exchange(port, [wireBytes(head, ['Connection: close'])]);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\n\r\n$`));
    }
    expect(admitted()).toBe(1);
  });

  it('adds the fields of an admission, and leaves cache-control and vary to the application', async () => {
    const { verifier } = watchedVerifier({ limits: { orders: '100/m' }, receipts: true });
    const plain = await sendSigned(await serve({ verifier }), signNow());
    expect(plain.headers).toMatchObject({
      ratelimit: expect.stringMatching(/^"orders[^"]*";r=99/),
      'countersign-verdict': expect.stringMatching(/^code="admitted"/),
      'cache-control': 'private',
      vary: 'authorization',
    });
    const own = { 'Cache-Control': 'public, max-age=60', Vary: 'Accept' };
    const answer = await sendSigned(await serve({ verifier, fields: own }), signNow());
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=60',
      vary: 'Accept, authorization',
    });
    for (const vary of ['*', 'Authorization']) {
      const covered = await sendSigned(await serve({ verifier, fields: { Vary: vary } }), signNow());
      expect(covered.headers).toMatchObject({ vary });
    }
  });

  it('keeps the connection after bodies that were verified, read by the handler or not', async () => {
    for (const ignoreBody of [false, true]) {
      const { verifier, admitted } = watchedVerifier();
      const port = await serve({ verifier, ignoreBody });
      const bodies = ['{}', JSON.stringify('x'.repeat(200_000)), '', '{"a":1}'];
      const pieces = bodies.flatMap((body) => [wireBytes(post(body)), 40]);
      const { answers, closed } = await exchange(port, pieces, { answers: bodies.length });
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      if (!ignoreBody) expect(answers.map(({ body }) => JSON.parse(body).body)).toEqual(bodies);
      expect(closed).toBe(false);
      expect(admitted()).toBe(4);
    }
  });

  it('keeps the connection after a refusal whose body was read, and one without a body', async () => {
    const keys = keyring({ key_1: { secret: TEST_SECRET, scopes: ['*'], limits: { orders: '1/m' } } });
    const { verifier } = watchedVerifier({ keys });
    const port = await serve({ verifier });
    const pieces = [post('{"first":1}'), post('{"second":2}'), signNow(), post('{"third":3}')];
    const { answers, closed } = await exchange(
      port,
      pieces.flatMap((head) => [wireBytes(head), 20]),
      { answers: 4 },
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 429]);
    expect(answers[1]?.headers['retry-after']).toMatch(/^\d+$/);
    expect(closed).toBe(false);
  });

  it('answers pipelined requests in their order', async () => {
    const { verifier, admitted } = watchedVerifier();
    const port = await serve({ verifier });
    const bodies = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? '' : `{"n":${i}}`));
    const { answers } = await exchange(port, [Buffer.concat(bodies.map((body) => wireBytes(post(body))))], {
      answers: bodies.length,
    });
    expect(answers.map(({ body }) => JSON.parse(body).body)).toEqual(bodies);
    expect(admitted()).toBe(bodies.length);
  });

  it('closes the connection after a refusal with an unread body, and waits for none of it', async () => {
    const { verifier, events } = watchedVerifier();
    const port = await serve({ verifier });
    const head = wireHead({ ...post('{}'), target: '/v1/others' }, ['Content-Length: 500000']);
    const { answers, closed, closedAfterMs } = await exchange(port, [head, 'x'.repeat(1000)]);
    expect(codeOf(answers[0])).toBe('invalid-signature');
    expect(answers[0]?.headers).toMatchObject({ connection: 'close' });
    expect(closed).toBe(true);
    expect(closedAfterMs).toBeLessThan(1500);
    expect(events.map(({ code }) => code)).toEqual(['invalid-signature']);
  });

  it('puts back the prefix that an edge has stripped', async () => {
    const { verifier } = watchedVerifier();
    const signed = signNow({ target: '/v1/orders?a=1' });
    const stripped = (target: string) => ({ ...signed, target });
    const port = await serve({ verifier, options: { prefix: '/v1' } });
    expect((await sendSigned(port, stripped('/orders?a=1'))).status).toBe(200);
    expect(codeOf(await sendSigned(port, signed))).toBe('invalid-signature');
    const absolute = { ...signNow({ target: '/v1/orders' }), target: 'http://api.example.com/orders' };
    expect((await sendSigned(port, absolute)).status).toBe(200);
  });

  it('verifies the whole path under a mounted router', async () => {
    const { verifier } = watchedVerifier();
    const port = await serve({ verifier, mount: '/v1', route: '/orders' });
    const answer = await sendSigned(port, signNow({ target: '/v1/orders?b=2&a=1' }));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ signed: { path: '/v1/orders', query: 'a=1&b=2' } });
    expect(codeOf(await sendSigned(port, { ...signNow({ target: '/orders' }), target: '/v1/orders' }))).toBe(
      'invalid-signature',
    );
  });

  it("counts failures by the address that the operator's own proxies saw", async () => {
    const { verifier, events } = watchedVerifier();
    const forwarded = ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 198.51.100.7'];
    const address = async (options: { proxies?: number }) => {
      events.length = 0;
      await sendSigned(await serve({ verifier, options }), signNow(), forwarded);
      return events[0]?.address;
    };
    expect(await address({})).toMatch(/127\.0\.0\.1$/);
    expect(await address({ proxies: 1 })).toBe('198.51.100.7');
    expect(await address({ proxies: 2 })).toBe('203.0.113.9');
  });

  it('answers 503 when the store fails, and lives', async () => {
    const fail = () => Promise.reject(new Error('the store is broken'));
    const { verifier } = watchedVerifier({ store: { attach: () => {}, admit: fail } });
    const port = await serve({ verifier });
    for (let i = 0; i < 3; i++) {
      const answer = await sendSigned(port, post('{}'));
      expect(answer.status).toBe(503);
      expect(codeOf(answer)).toBe('store-unavailable');
    }
  });
}
