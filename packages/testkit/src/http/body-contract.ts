/** What every adapter does with bodies: nothing is admitted, and nothing is spent, for a body that is not the signed one. */
import { expect, it } from 'vitest';
import type { AdapterUnderTest } from './adapter.js';
import { signNow, watchedVerifier } from './verifier.js';
import { chunked, exchange, sendSigned, type WireAnswer, wireBytes, wireHead } from './wire.js';

const BODY = '{"amount":1299}';
const LENGTH = `Content-Length: ${BODY.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const TYPE = ['content-type', 'application/json'] as const;
const post = (body = BODY) => signNow({ method: 'POST', headers: [TYPE], body });
const codeOf = (answer: WireAnswer | undefined): unknown => JSON.parse(answer?.body ?? '{}').code;

export function describeBodies({ serve, fetchOnly = false }: AdapterUnderTest): void {
  it('an upload cut after its headers that spends the nonce', async () => {
    const { verifier, events, admitted } = watchedVerifier({ limits: { orders: '1/m' } });
    const port = await serve({ verifier });
    const head = post();
    const cuts: readonly (readonly [readonly string[], string])[] = [
      [[LENGTH], ''],
      [[LENGTH], BODY.slice(0, -1)],
      [[CHUNKED], ''],
      [[CHUNKED], `f\r\n${BODY}\r\n`],
      [[CHUNKED], `f\r\n${BODY}\r\n0\r\n`],
    ];
    for (const [lines, sent] of cuts) {
      await exchange(port, [wireHead(head, lines), sent, 15], { thenDestroy: true });
      await exchange(port, [wireHead(head, lines), sent, 15], { thenEnd: true });
    }
    expect(admitted()).toBe(0);
    expect((await sendSigned(port, head)).status).toBe(200);
    expect(new Set(events.map(({ code }) => code))).toEqual(new Set(['digest-mismatch', 'admitted']));
  });

  it("a wrong body that spends a victim's nonce", async () => {
    const { verifier, admitted } = watchedVerifier({ limits: { orders: '1/m' } });
    const port = await serve({ verifier });
    const head = post();
    for (const wrong of ['{"amount":9999}', '', '[]', `${BODY} `, BODY.toUpperCase()]) {
      const answer = await sendSigned(port, { ...head, body: wrong });
      expect(answer.status).toBe(400);
      expect(codeOf(answer)).toBe('digest-mismatch');
    }
    expect(admitted()).toBe(0);
    expect((await sendSigned(port, head)).status).toBe(200);
  });

  it('refuses a body that is too large, announced or not, before it was sent', async () => {
    const { verifier, admitted } = watchedVerifier({ maxBodyBytes: 1000 });
    const port = await serve({ verifier });
    const large = JSON.stringify('x'.repeat(2000));
    const announced = await exchange(port, [wireHead(post(large), [`Content-Length: ${large.length}`])]);
    expect(codeOf(announced.answers[0])).toBe('body-too-large');
    const coded = chunked(large);
    const unannounced = await exchange(port, [wireHead(post(large), [CHUNKED]), coded.slice(0, -20)]);
    expect(codeOf(unannounced.answers[0])).toBe('body-too-large');
    expect(unannounced.answers[0]?.status).toBe(413);
    for (const { closed, closedAfterMs } of [announced, unannounced]) {
      expect(closed).toBe(true);
      expect(closedAfterMs).toBeLessThan(1500);
    }
    expect((await sendSigned(port, post('x'.repeat(1000)))).status).toBe(200);
    expect(admitted()).toBe(1);
  });

  it('refuses a body that is too slow, within its time', async () => {
    const { verifier, admitted } = watchedVerifier({ bodyTimeoutMs: 150 });
    const port = await serve({ verifier });
    const head = post();
    const trickle = [...BODY].slice(0, 8).flatMap((char) => [char, 40]);
    for (const lines of [[LENGTH], [CHUNKED]]) {
      const pieces = lines[0] === LENGTH ? trickle : [];
      const { answers, closed } = await exchange(port, [wireHead(head, lines), ...pieces]);
      expect(answers[0]?.status).toBe(408);
      expect(codeOf(answers[0])).toBe('body-timeout');
      expect(closed).toBe(true);
    }
    expect(admitted()).toBe(0);
    expect((await sendSigned(port, head)).status).toBe(200);
  });

  it('streams a body to the handler, who learns at its end that it was the signed one', async () => {
    const { verifier, admitted } = watchedVerifier();
    const port = await serve({ verifier, options: { body: 'stream' } });
    for (const body of [BODY, JSON.stringify('x'.repeat(500_000)), '']) {
      const answer = await sendSigned(port, post(body));
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body).body).toBe(body);
    }
    const { answers } = await exchange(
      port,
      [wireHead(post(), [CHUNKED]), 5, chunked('{"amount"', ':1299}')],
      {
        answers: 1,
      },
    );
    expect(JSON.parse(answers[0]?.body ?? '').body).toBe(BODY);
    expect(admitted()).toBe(4);
  });

  it('answers a streamed body that turned out wrong, and says that it was charged', async () => {
    const { verifier, events } = watchedVerifier({ maxBodyBytes: 1000, bodyTimeoutMs: 150 });
    const port = await serve({ verifier, options: { body: 'stream' } });
    const large = 'x'.repeat(2000);
    const wrong = [
      ['digest-mismatch', 400, [wireBytes({ ...post(), body: '{"amount":9999}' })]],
      ['body-too-large', 413, [wireHead(post(large), [CHUNKED]), chunked(large)]],
      ['body-timeout', 408, [wireHead(post(), [LENGTH]), BODY.slice(0, 5)]],
    ] as const;
    for (const [code, status, pieces] of wrong) {
      events.length = 0;
      const { answers, closed } = await exchange(port, pieces);
      expect(answers[0]?.status).toBe(status);
      expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code, charged: true });
      expect(answers[0]?.headers['countersign-verdict']).toContain(`code="${code}"`);
      expect(closed).toBe(true);
      expect(events.map((event) => event.code)).toEqual(['admitted', code]);
    }
    const cut = post();
    await exchange(port, [wireHead(cut, [LENGTH]), BODY.slice(0, 5), 20], { thenDestroy: true });
    expect(codeOf(await sendSigned(port, cut))).toBe('replayed-nonce');
  });

  // A skipped test would say that something is missing.
  if (fetchOnly) return;
  it('checks a body that was not announced before it streams anything', async () => {
    const { verifier, admitted } = watchedVerifier();
    const port = await serve({ verifier, options: { body: 'stream' } });
    const { answers } = await exchange(port, [wireHead(post())], { answers: 1 });
    expect(codeOf(answers[0])).toBe('digest-mismatch');
    expect(admitted()).toBe(0);
  });

  it('verifies the body of a GET like any other', async () => {
    const { verifier, admitted } = watchedVerifier();
    for (const body of ['buffer', 'stream'] as const) {
      const port = await serve({ verifier, options: { body } });
      expect((await sendSigned(port, signNow({ body: BODY }))).status).toBe(200);
      const answer = await sendSigned(port, { ...signNow(), body: BODY });
      expect(codeOf(answer)).toBe('digest-mismatch');
    }
    expect(admitted()).toBeGreaterThanOrEqual(2);
  });
}
