/** Partners whose clocks are wrong. The signed fetch heals itself by the server's authenticated time. */
import { createFetch, type SignedFetch } from '@countersign/client';
import { ORDER_BODY } from './draft.js';
import { expectEqual } from './outcome.js';
import { newCall, type Play } from './play.js';
import type { Playground } from './playground.js';
import { codeOf } from './wire.js';

const TEN_MINUTES_MS = 600_000;

export const slowClock: Play = {
  id: 'slow-clock',
  title: 'a clock ten minutes slow',
  what: 'an order signed ten minutes ago: refused as stale, then signed anew by the server’s time, executed once',
  owner: 'globex',
  run: async (ground, signal) => {
    const { codes, order } = clientOf(ground, -TEN_MINUTES_MS, signal);
    const call = newCall('slow');
    const { status } = await order(call);
    expectEqual('the answers', codes.join(', '), 'stale-timestamp, admitted');
    expectEqual('the status of the call', status, 200);
    expectEqual('executions', ground.executionsOf(call), 1);
    return 'refused as stale-timestamp, signed anew by the server’s time: admitted, executed once';
  },
};

export const fastClock: Play = {
  id: 'fast-clock',
  title: 'a clock ten minutes fast',
  what: 'an order signed for ten minutes from now: refused, never executed later; the next order is on time',
  owner: 'globex',
  run: async (ground, signal) => {
    const { codes, order } = clientOf(ground, TEN_MINUTES_MS, signal);
    const [early, onTime] = [newCall('fast'), newCall('fast')];
    const ending = await order(early).then(({ status }) => `status ${status}`, codeOfError);
    expectEqual('the end of the call', ending, 'clock-skew');
    expectEqual('the status of the next call', (await order(onTime)).status, 200);
    expectEqual('the answers', codes.join(', '), 'future-timestamp, admitted');
    expectEqual('executions', `${ground.executionsOf(early)}, ${ground.executionsOf(onTime)}`, '0, 1');
    return 'refused as future-timestamp, the call ended as clock-skew; the next one, on the server’s time: admitted';
  },
};

function clientOf(ground: Playground, offsetMs: number, signal: AbortSignal) {
  const codes: string[] = [];
  const fetch: SignedFetch = createFetch(ground.signer('globex_1', { now: () => Date.now() + offsetMs }), {
    fetch: async (url, init) => {
      const response = await globalThis.fetch(url, init);
      codes.push(codeOf(response.status, await response.clone().text()));
      return response;
    },
  });
  const order = (call: string): Promise<Response> =>
    fetch(`http://${ground.authority}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': call },
      body: ORDER_BODY,
      signal,
    });
  return { codes, order };
}

function codeOfError(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
}
