/** Clients whose clocks are wrong, and whoever would like to set them. */
import { draft, nonceOf, ORDER_BODY } from '../signing.js';
import { pause, type Step } from '../step.js';

const TEN_MINUTES_MS = 600_000;
const ORDER = { method: 'POST', path: '/v1/orders', body: ORDER_BODY } as const;
const READ = { method: 'GET', path: '/v1/orders/1001' } as const;

export const slowClock: Step = {
  name: 'a client whose clock is ten minutes slow',
  promise: 'heals itself in the first call, executed once',
  run: async (world, { equal }) => {
    const slow = await world.startPartner('acme', { clockOffsetMs: -TEN_MINUTES_MS });
    const first = await slow.call({ ...ORDER, call: 'slow-1' });
    const next = await slow.call({ ...ORDER, call: 'slow-2' });
    const sendings = (call: string): string =>
      world.orders.edge
        .recordings(call)
        .map(({ answer }) => answer?.code)
        .join();
    equal('the first call', first.status, 201);
    equal('its sendings', sendings('slow-1'), 'stale-timestamp,admitted');
    equal('the next call', next.status, 201);
    equal('its sendings', sendings('slow-2'), 'admitted');
    equal('executions', world.ledger.executions('slow-').length, 2);
    return 'stale-timestamp, signed again, 201; then 201 at once';
  },
};

export const fastClock: Step = {
  name: 'a client whose clock is ten minutes fast',
  promise: 'a read heals in place, a write at the next call',
  run: async (world, { equal }) => {
    const options = { clockOffsetMs: TEN_MINUTES_MS };
    const [reader, writer] = await Promise.all([
      world.startPartner('acme', options),
      world.startPartner('acme', options),
    ]);
    const read = await reader.call({ ...READ, call: 'fast-read' });
    equal('the read', read.status, 200);
    equal('executions of the read', world.ledger.executionsOf('fast-read'), 1);
    const write = await writer.call({ ...ORDER, call: 'fast-write' });
    equal('the write', `${write.code} ${write.outcome}`, 'clock-skew unknown');
    equal('sendings of the write', world.orders.edge.recordings('fast-write').length, 1);
    equal('executions of the write', world.ledger.executionsOf('fast-write'), 0);
    const next = await writer.call({ ...ORDER, call: 'fast-next' });
    equal('the next write', next.status, 201);
    equal('sendings of the next write', world.orders.edge.recordings('fast-next').length, 1);
    equal('executions of the next write', world.ledger.executionsOf('fast-next'), 1);
    return 'read 200; write clock-skew, not signed again; next 201';
  },
};

export const futureCopy: Step = {
  name: 'a fast clock’s order, captured and played when fresh',
  promise: 'at most one execution: no second signature',
  run: async (world, { equal, must }) => {
    const { billing, ledger } = world;
    const call = 'future';
    const aheadMs = billing.futureMs + 400;
    const fast = await world.startPartner('acme', { service: billing, clockOffsetMs: aheadMs });
    const result = await fast.call({ ...ORDER, call });
    equal('the call', `${result.code} ${result.outcome}`, 'clock-skew unknown');
    const [recording] = billing.edge.recordings(call);
    if (recording === undefined) throw new Error('nothing was recorded');
    await pause(600);
    equal('the copy, 600 ms later', (await world.send(recording.request, billing)).code, 'admitted');
    equal('the copy again', (await world.replay(recording.request, billing)).code, 'replayed-nonce');
    const executions = ledger.executionsOf(call);
    must(executions === 1, `executed ${executions} times`);
    return 'future-timestamp, later admitted once, then replayed-nonce';
  },
};

export const staleCapture: Step = {
  name: 'a capture held back until it is older than pastMs',
  promise: '401, whether it was admitted before or not',
  run: async (world, { equal }) => {
    const { billing } = world;
    const acme = await world.startPartner('acme', { service: billing });
    const call = 'stale';
    equal('the call', (await acme.call({ ...ORDER, call })).status, 201);
    const [recording] = billing.edge.recordings(call);
    if (recording === undefined) throw new Error('nothing was recorded');
    await pause(billing.pastMs + 20);
    equal('played back', (await world.replay(recording.request, billing)).code, 'stale-timestamp');
    const old = draft(world, { call: 'old', now: () => Date.now() - world.orders.pastMs - 20 });
    equal('never sent before', (await world.send(old)).code, 'stale-timestamp');
    equal('executions', world.ledger.executionsOf(call) + world.ledger.executionsOf('old'), 1);
    return `stale-timestamp after ${billing.pastMs} ms, and after ${world.orders.pastMs} ms`;
  },
};

export const heldOriginal: Step = {
  name: 'a copy goes first, the original is held until stale',
  promise: 'the client does not sign again',
  run: async (world, { equal }) => {
    const { billing, ledger } = world;
    const call = 'held';
    const acme = await world.startPartner('acme', { service: billing });
    billing.edge.script(call, [{ do: 'hold', until: pause(billing.pastMs + 100) }]);
    const ending = acme.call({ ...ORDER, call });
    while (billing.edge.recordings(call).length === 0) await pause(5);
    const [recording] = billing.edge.recordings(call);
    if (recording === undefined) throw new Error('nothing was recorded');
    equal('the copy', (await world.send(recording.request, billing)).code, 'admitted');
    const { code, outcome } = await ending;
    equal('the call', `${code} ${outcome}`, 'outcome-unknown unknown');
    const nonces = billing.edge.recordings(call).map(({ request }) => nonceOf(request));
    equal('signatures', new Set(nonces).size, 1);
    equal('executions', ledger.executionsOf(call), 1);
    return 'copy admitted; original stale-timestamp: outcome-unknown';
  },
};
