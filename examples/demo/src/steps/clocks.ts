/** Clients whose clocks are wrong, and requests whose time has come, or not, or gone. */
import { ORDER_BODY } from '../signing.js';
import type { Step } from '../step.js';
import type { World } from '../world.js';

const TEN_MINUTES_MS = 600_000;
const ORDER = { method: 'POST', path: '/v1/orders', body: ORDER_BODY } as const;
const READ = { method: 'GET', path: '/v1/orders/1001' } as const;

export const slowClock: Step = {
  name: 'a client whose clock is ten minutes slow',
  promise: 'heals itself in the first call, executed once',
  run: async (world, { equal }) => {
    const slow = await world.partner('acme', { clockOffsetMs: -TEN_MINUTES_MS });
    const first = await slow.call({ ...ORDER, call: 'slow-1' });
    const next = await slow.call({ ...ORDER, call: 'slow-2' });
    const [firstSendings, nextSendings] = [sendings(world, 'slow-1'), sendings(world, 'slow-2')];
    equal('the first call', first.status, 201);
    equal('its sendings', firstSendings, 'stale-timestamp, admitted');
    equal('the next call', next.status, 201);
    equal('its sendings', nextSendings, 'admitted');
    const executions = world.ledger.executions('slow-').length;
    equal('executions', executions, 2);
    return `first call: ${firstSendings}; next: ${nextSendings}; executions: ${executions}`;
  },
};

export const fastClock: Step = {
  name: 'a client whose clock is ten minutes fast',
  promise: 'a read heals in place, a write at the next call',
  run: async (world, { equal }) => {
    const clockOffsetMs = TEN_MINUTES_MS;
    const [reader, writer] = await Promise.all([
      world.partner('acme', { clockOffsetMs, instance: 1 }),
      world.partner('acme', { clockOffsetMs, instance: 2 }),
    ]);
    const read = await reader.call({ ...READ, call: 'fast-read' });
    equal('the read', read.status, 200);
    equal('executions of the read', world.ledger.executionsOf('fast-read'), 1);
    const write = await writer.call({ ...ORDER, call: 'fast-write' });
    equal('the write', `${write.code} ${write.outcome}`, 'clock-skew unknown');
    equal('sendings of the write', sendings(world, 'fast-write'), 'future-timestamp');
    equal('executions of the write', world.ledger.executionsOf('fast-write'), 0);
    const next = await writer.call({ ...ORDER, call: 'fast-next' });
    equal('the next write', next.status, 201);
    equal('sendings of the next write', sendings(world, 'fast-next'), 'admitted');
    equal('executions of the next write', world.ledger.executionsOf('fast-next'), 1);
    return `read: ${read.status}; write: ${write.code}; next write: ${next.status}`;
  },
};

function sendings({ orders }: World, call: string): string {
  return orders.edge
    .recordings(call)
    .map(({ answer }) => answer?.code)
    .join(', ');
}
