/** The server dies and is started again, while what was recorded is played back. */
import type { Recording } from '../edge.js';
import { draft, NUMBERED_ORDER_BODY, nonceOf } from '../signing.js';
import { pause, type Step } from '../step.js';
import type { RawRequest } from '../wire.js';
import type { World } from '../world.js';

const PLAYED_BACK = 40;
/** How long the client goes on after the new start. */
const AFTERWARDS_MS = 3_500;

export const killedServer: Step = {
  name: 'SIGKILL and a new start, recordings played back',
  promise: 'no replay admitted, no call executed twice',
  run: async (world, { equal, must }) => {
    const { orders, ledger } = world;
    const acme = await world.startPartner('acme');
    const job = { call: 'killed-{n}', method: 'POST', path: '/v1/orders', body: NUMBERED_ORDER_BODY };
    const forMs = 500 + AFTERWARDS_MS;
    const running = acme.run({ ...job, forMs, concurrency: 4, spacingMs: 10 });
    await pause(500);
    await orders.server.kill();
    const killedAtMs = performance.now();
    const captured = admittedBefore(world);
    const unsent = draft(world, { call: 'unsent' });
    must(captured.length === PLAYED_BACK, `only ${captured.length} recordings to play back`);
    await orders.start();
    const codes = new Map<string, number>();
    const playBack = async (): Promise<void> => {
      for (const { code } of await Promise.all(captured.map((each) => world.replay(each)))) {
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    };
    await playBack();
    equal('signed before the death, never sent', (await world.send(unsent)).code, 'store-recovering');
    let recoveredMs: number | undefined;
    const probe = async (): Promise<void> => {
      const { code } = await world.send(draft(world, { method: 'GET', target: '/v1/orders' }));
      if (code === 'admitted') recoveredMs ??= performance.now() - killedAtMs;
    };
    const endMs = performance.now() + AFTERWARDS_MS - 500;
    while (performance.now() < endMs) {
      await Promise.all([playBack(), probe()]);
      await pause(100);
    }
    const results = await running;
    equal('replays admitted', codes.get('admitted') ?? 0, 0);
    must(recoveredMs !== undefined, 'no new request was admitted');
    for (const { call } of results) {
      const executions = ledger.executionsOf(call);
      must(executions <= 1, `${call} was executed ${executions} times`);
    }
    const done = results.filter(({ status }) => status === 201).length;
    const replays = [...codes.values()].reduce((sum, count) => sum + count, 0);
    return `${replays} replays, 0 admitted; ${done} of ${results.length} calls done; back in ${Math.round(recoveredMs ?? 0)} ms`;
  },
};

export const politeRestart: Step = {
  name: 'a polite stop and a new start',
  promise: 'new requests at once, no replay admitted',
  run: async (world, { equal }) => {
    const { orders } = world;
    const request = draft(world, { call: 'polite' });
    equal('before', (await world.send(request)).code, 'admitted');
    await orders.server.stop();
    await orders.start();
    const replayed = await world.replay(request);
    equal('the recording', replayed.code, 'store-recovering');
    equal('a new request', (await world.send(draft(world, { call: 'polite-2' }))).code, 'admitted');
    equal('executions', world.ledger.executionsOf('polite'), 1);
    return `recording ${replayed.code}, new request admitted at once`;
  },
};

/** The last requests that the dead server admitted; all of them would still be fresh. */
function admittedBefore({ orders }: World): RawRequest[] {
  const admitted = (recording: Recording): boolean => recording.answer?.code === 'admitted';
  const requests = orders.edge
    .recordings('killed-')
    .filter(admitted)
    .map(({ request }) => request);
  return requests.filter((request) => nonceOf(request) !== '').slice(-PLAYED_BACK);
}
