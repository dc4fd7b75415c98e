/** Attacks on the clock of a client, by whoever stands between it and the service. */
import { describe, expect, it } from 'vitest';
import { attackedCall, URL_OF_ORDERS } from './attacked-call.js';
import { T } from './service.js';

const POST = { method: 'POST', body: 'pay' };

describe("a recorded time or verdict played back to steer a client's clock", () => {
  it('moves no clock by a verdict that was recorded about another request', async () => {
    let recorded: Response | undefined;
    const call = attackedCall(
      async (request, attempt, { deliver, clock }) => {
        if (attempt > 1) return recorded?.clone() ?? Response.error();
        clock.nowMs += 3_600_000;
        recorded = await deliver(request);
        clock.nowMs -= 3_600_000;
        throw new TypeError('connection reset');
      },
      { attempts: 1 },
    );
    // A genuine refusal of the first call, made an hour ahead and kept by the attacker.
    await expect(call.fetch(URL_OF_ORDERS, POST)).rejects.toThrow();
    expect(recorded?.headers.get('countersign-verdict')).toMatch(/^code="stale-timestamp"/);

    const response = await call.fetch(URL_OF_ORDERS, POST);
    expect(response.status).toBe(401);
    await call.fetch(URL_OF_ORDERS, POST);
    expect(call.lastSignedAtMs()).toBe(call.clock.nowMs);
    expect(call.captured).toHaveLength(3);
  });

  it.each([
    ['a Date field', { date: new Date(T + 3_600_000).toUTCString() }],
    ['a verdict under another secret', { 'countersign-verdict': verdict(T + 3_600_000, 'a'.repeat(64)) }],
    [
      'a verdict without a signature',
      { 'countersign-verdict': `code="stale-timestamp", time="${T + 3_600_000}"` },
    ],
    ['a problem document with a time', { 'x-server-time': String(T + 3_600_000) }],
  ])('moves no clock by %s', async (_, headers) => {
    const call = attackedCall(
      async () => new Response('', { status: 401, headers: headers as Record<string, string> }),
    );
    for (let i = 0; i < 3; i++) expect((await call.fetch(URL_OF_ORDERS, POST)).status).toBe(401);
    expect(call.captured).toHaveLength(3);
    expect(call.lastSignedAtMs()).toBe(T);
  });

  it('moves it no further from the truth when a genuine verdict is held back', async () => {
    const heldMs = 200_000;
    const call = attackedCall(async (request, attempt, { deliver, clock }) => {
      const response = await deliver(request);
      if (attempt === 1) clock.nowMs += heldMs;
      return response;
    });
    call.clock.clientOffsetMs = -400_000;
    await call.fetch(URL_OF_ORDERS).catch(() => {});
    await call.fetch(URL_OF_ORDERS).catch(() => {});
    const offMs = call.lastSignedAtMs() - call.clock.nowMs;
    expect(Math.abs(offMs)).toBeLessThan(400_000);
    expect(offMs).toBeLessThanOrEqual(0);
  });

  it('is set right by a genuine verdict about the request that was sent', async () => {
    const call = attackedCall();
    call.clock.clientOffsetMs = -3_600_000;
    expect((await call.fetch(URL_OF_ORDERS, POST)).status).toBe(200);
    expect(call.executed).toEqual(['POST']);
    expect(call.captured).toHaveLength(2);
    expect(call.lastSignedAtMs()).toBe(call.clock.nowMs);
  });

  it('is set by no verdict further than the cap', async () => {
    const call = attackedCall(undefined, { maxClockCorrectionMs: 60_000 });
    call.clock.clientOffsetMs = -3_600_000;
    await expect(call.fetch(URL_OF_ORDERS, POST)).rejects.toThrow(/clock is 3600000 ms off/);
    await expect(call.fetch(URL_OF_ORDERS, POST)).rejects.toThrow(/clock is 3600000 ms off/);
    expect(call.lastSignedAtMs()).toBe(T - 3_600_000);
    expect(call.executed).toEqual([]);
  });
});

function verdict(timeMs: number, sig: string): string {
  return `code="stale-timestamp", time="${timeMs}", dead-since="${T - 1000}", retry-after-ms="", sig="${sig}"`;
}
