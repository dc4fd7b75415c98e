/** Captured requests, held back until their time has come, or gone. Billing's window of acceptance is short. */
import { tellCodes } from '../codes.js';
import type { Recording } from '../edge.js';
import { draft, nonceOf, ORDER_BODY } from '../signing.js';
import { pause, type Step } from '../step.js';
import type { World } from '../world.js';

const ORDER = { method: 'POST', path: '/v1/orders', body: ORDER_BODY } as const;

export const futureCopy: Step = {
  name: 'a fast clock’s order, captured and played when fresh',
  promise: 'at most one execution: no second signature',
  run: async (world, { equal }) => {
    const { billing } = world;
    const call = 'future';
    const clockOffsetMs = billing.futureMs + 400;
    const fast = await world.partner('acme', { service: billing, clockOffsetMs });
    const { code, outcome } = await fast.call({ ...ORDER, call });
    equal('the call', `${code} ${outcome}`, 'clock-skew unknown');
    const { request } = await recorded(world, call);
    await pause(600);
    const later = (await world.send(request, billing)).code;
    const again = (await world.replay(request, billing)).code;
    equal('the copy, 600 ms later', later, 'admitted');
    equal('the copy again', again, 'replayed-nonce');
    const executions = world.ledger.executionsOf(call);
    equal('executions', executions, 1);
    return `call: ${code}; copy: ${later}, ${again}; executions: ${executions}`;
  },
};

export const staleCapture: Step = {
  name: 'captures played back until they are stale, and then',
  promise: 'no moment in between in which one is admitted',
  run: async (world, { equal, must }) => {
    const { billing } = world;
    const call = 'stale';
    // One of an honest clock, one signed as far ahead as is accepted.
    const aheadMs = billing.futureMs - 100;
    const captured = [
      draft(world, { service: billing, call }),
      draft(world, { service: billing, call, now: () => Date.now() + aheadMs }),
    ];
    for (const each of captured) equal('at first', (await world.send(each, billing)).code, 'admitted');
    const codes: string[] = [];
    const endMs = performance.now() + billing.pastMs + aheadMs + 100;
    while (performance.now() < endMs) {
      for (const each of captured) codes.push((await world.replay(each, billing)).code);
      await pause(10);
    }
    const last = codes.slice(-2);
    equal('in the end', last.join(), 'stale-timestamp,stale-timestamp');
    must(!codes.includes('admitted'), `admitted again: ${tellCodes(codes)}`);
    equal('while they are fresh', codes[0], 'replayed-nonce');
    const old = draft(world, { call, now: () => Date.now() - world.orders.pastMs - 20 });
    equal('old, and never sent before', (await world.send(old)).code, 'stale-timestamp');
    equal('executions', world.ledger.executionsOf(call), 2);
    return tellCodes(codes);
  },
};

export const heldOriginal: Step = {
  name: 'a copy goes first, the original is held until stale',
  promise: 'the client does not sign again',
  run: async (world, { equal }) => {
    const { billing } = world;
    const call = 'held';
    const acme = await world.partner('acme', { service: billing });
    billing.edge.script(call, [{ do: 'hold', forMs: billing.pastMs + 100 }]);
    const ending = acme.call({ ...ORDER, call });
    const { request } = await recorded(world, call);
    const copy = (await world.send(request, billing)).code;
    equal('the copy', copy, 'admitted');
    const { code, outcome } = await ending;
    equal('the call', `${code} ${outcome}`, 'outcome-unknown unknown');
    const recordings = billing.edge.recordings(call);
    equal('signatures', new Set(recordings.map((each) => nonceOf(each.request))).size, 1);
    const executions = world.ledger.executionsOf(call);
    equal('executions', executions, 1);
    return `copy: ${copy}; original: ${recordings[0]?.answer?.code}; call: ${code}; executions: ${executions}`;
  },
};

/** The first recording of the call, as soon as there is one. */
async function recorded({ billing }: World, call: string): Promise<Recording> {
  for (;;) {
    const [recording] = billing.edge.recordings(call);
    if (recording !== undefined) return recording;
    await pause(5);
  }
}
