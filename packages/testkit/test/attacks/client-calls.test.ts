/** Attacks that make a client send one call twice, by whoever stands between it and the service. */
import { AlreadyAdmittedError, ClockSkewError, OutcomeUnknownError } from '@countersign/client';
import { describe, expect, it } from 'vitest';
import { type Attacker, attackedCall, URL_OF_ORDERS } from './attacked-call.js';

const POST = { method: 'POST', body: 'pay' };
const PUT = { method: 'PUT', body: 'pay' };
const proxyError = (status = 503) =>
  new Response('upstream timed out', { status, headers: { 'retry-after': '1' } });

describe('a proxy\'s 503 after execution taken for "not executed"', () => {
  const executesAndHides: Attacker = async (request, attempt, { deliver }) => {
    const response = await deliver(request);
    return attempt === 1 ? proxyError() : response;
  };

  it('executes a PUT once: the same signature is sent again, and is known', async () => {
    const call = attackedCall(executesAndHides);
    await expect(call.fetch(URL_OF_ORDERS, PUT)).rejects.toThrow(AlreadyAdmittedError);
    expect(call.executed).toEqual(['PUT']);
    expect(call.captured).toHaveLength(2);
    const [first, second] = call.captured.map(({ headers }) => headers.get('authorization'));
    expect(second).toBe(first);
  });

  it('hands the answer to a POST on as it is, and sends nothing again', async () => {
    const call = attackedCall(executesAndHides);
    expect((await call.fetch(URL_OF_ORDERS, POST)).status).toBe(503);
    expect(call.executed).toEqual(['POST']);
    expect(call.captured).toHaveLength(1);
  });

  it('does not take a 503 for an authentic one that was recorded for another call', async () => {
    let recorded: Response | undefined;
    const call = attackedCall(async (request, attempt, { deliver }) => {
      const response = await deliver(request);
      recorded ??= new Response('', {
        status: 503,
        headers: { ...Object.fromEntries(response.headers), 'retry-after': '0' },
      });
      return attempt === 1 ? response : recorded.clone();
    });
    await call.fetch(URL_OF_ORDERS, POST);
    expect((await call.fetch(URL_OF_ORDERS, POST)).status).toBe(503);
    expect(call.executed).toEqual(['POST', 'POST']);
    expect(call.captured).toHaveLength(2);
  });

  it('executes a PUT whose 503 came before the service, at the second attempt', async () => {
    const call = attackedCall(async (request, attempt, { deliver }) =>
      attempt === 1 ? proxyError(502) : deliver(request),
    );
    expect((await call.fetch(URL_OF_ORDERS, PUT)).status).toBe(200);
    expect(call.executed).toEqual(['PUT']);
  });
});

describe('a copy admitted while the original is held until it is stale', () => {
  const holds: Attacker = async (request, attempt, { deliver, clock }) => {
    if (attempt > 1) return deliver(request);
    await deliver(request.clone());
    clock.nowMs += 301_000;
    return deliver(request);
  };

  it.each([POST, PUT, { method: 'GET' }])(
    'signs nothing again that was alive when it left: %o',
    async (init) => {
      const call = attackedCall(holds);
      await expect(call.fetch(URL_OF_ORDERS, init)).rejects.toThrow(OutcomeUnknownError);
      expect(call.executed).toEqual([init.method]);
      expect(call.captured).toHaveLength(1);
    },
  );

  it('signs nothing again either when the clock of the service is set forward instead', async () => {
    const call = attackedCall(async (request, attempt, { deliver, clock }) => {
      if (attempt > 1) return deliver(request);
      await deliver(request.clone());
      clock.serviceOffsetMs += 301_000;
      return deliver(request);
    });
    await expect(call.fetch(URL_OF_ORDERS, POST)).rejects.toThrow(OutcomeUnknownError);
    expect(call.executed).toEqual(['POST']);
    expect(call.captured).toHaveLength(1);
  });

  it('signs again what was dead before it left: a slow clock', async () => {
    const call = attackedCall();
    call.clock.clientOffsetMs = -301_000;
    expect((await call.fetch(URL_OF_ORDERS, POST)).status).toBe(200);
    expect(call.executed).toEqual(['POST']);
    const [first] = call.captured;
    call.clock.nowMs += 5000;
    if (first === undefined) throw new Error('nothing was sent');
    expect((await call.deliver(first)).status).toBe(401);
    expect(call.executed).toEqual(['POST']);
  });
});

describe("a fast clock's signature that becomes fresh later", () => {
  it.each([POST, PUT])('is not signed again: the copy is admitted later, and once (%o)', async (init) => {
    const call = attackedCall();
    call.clock.clientOffsetMs = 60_000;
    await expect(call.fetch(URL_OF_ORDERS, init)).rejects.toThrow(ClockSkewError);
    expect(call.captured).toHaveLength(1);
    call.clock.nowMs += 55_000;
    const [copy] = call.captured;
    if (copy === undefined) throw new Error('nothing was sent');
    expect((await call.deliver(copy.clone())).status).toBe(200);
    expect((await call.deliver(copy.clone())).status).toBe(409);
    expect(call.executed).toEqual([init.method]);
  });

  it('is signed again for a request that changes nothing, and works at the next call for one that does', async () => {
    const reads = attackedCall();
    reads.clock.clientOffsetMs = 60_000;
    expect((await reads.fetch(URL_OF_ORDERS)).status).toBe(200);
    expect(reads.executed).toEqual(['GET']);

    const writes = attackedCall();
    writes.clock.clientOffsetMs = 60_000;
    await expect(writes.fetch(URL_OF_ORDERS, POST)).rejects.toThrow(ClockSkewError);
    expect((await writes.fetch(URL_OF_ORDERS, POST)).status).toBe(200);
    expect(writes.executed).toEqual(['POST']);
  });
});
