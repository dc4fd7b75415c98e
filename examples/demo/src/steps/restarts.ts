/** The server dies, or is stopped, and is started again, while what was recorded is played back. */
import { tellCodes } from '../codes.js';
import { draft, NUMBERED_ORDER_BODY } from '../signing.js';
import { pause, type Step } from '../step.js';
import type { RawRequest } from '../wire.js';
import type { World } from '../world.js';

const PLAYED_BACK = 40;
const BEFORE_MS = 500;
/** How long the client goes on after the server is gone. */
const AFTER_MS = 3_200;

export const killedServer: Step = {
  name: 'SIGKILL and a new start, recordings played back',
  promise: 'no replay admitted, no call executed twice',
  run: async (world, { equal, must }) => {
    const { orders, ledger } = world;
    const acme = await world.partner('acme');
    const job = { call: 'killed-{n}', method: 'POST', path: '/v1/orders', body: NUMBERED_ORDER_BODY };
    const running = acme.run({ ...job, forMs: BEFORE_MS + AFTER_MS, concurrency: 4, spacingMs: 10 });
    await pause(BEFORE_MS);
    // Signed as far ahead as is accepted: the new server must not take it for fresh and unknown.
    const ahead = draft(world, { call: 'ahead', now: () => Date.now() + orders.futureMs - 100 });
    equal('signed ahead', (await world.send(ahead)).code, 'admitted');
    await orders.server.kill();
    const killedAtMs = performance.now();
    const captured = [ahead, ...admittedBefore(world)];
    const unsent = draft(world, { call: 'unsent' });
    await orders.start();

    const codes: string[] = [];
    let backAfterMs: number | undefined;
    equal('signed before the death, never sent', (await world.send(unsent)).code, 'store-recovering');
    while (backAfterMs === undefined || performance.now() < killedAtMs + AFTER_MS) {
      const answers = await Promise.all(captured.map((request) => world.replay(request)));
      codes.push(...answers.map(({ code }) => code));
      const { code } = await world.send(draft(world, { method: 'GET', target: '/v1/orders' }));
      if (code === 'admitted') backAfterMs ??= Math.round(performance.now() - killedAtMs);
      await pause(100);
    }

    const results = await running;
    must(captured.length > 2, `only ${captured.length} recordings to play back`);
    must(!codes.includes('admitted'), `replays admitted: ${tellCodes(codes)}`);
    const executions = ledger.executions('killed-').map(({ call }) => call);
    equal('calls executed twice', executions.length - new Set(executions).size, 0);
    const lastCalls = results.slice(-4).map(({ status }) => status);
    equal('the client’s last calls', lastCalls.join(), '201,201,201,201');
    const done = results.filter(({ status }) => status === 201).length;
    const inTheDark = results.filter(({ status, outcome }) => status !== 201 && outcome === undefined);
    equal('calls that ended without a word about their outcome', inTheDark.length, 0);
    return `${tellCodes(codes)}; ${done} of ${results.length} calls done; back after ${backAfterMs} ms`;
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
    const recording = (await world.replay(request)).code;
    const fresh = (await world.send(draft(world, { call: 'after-polite' }))).code;
    equal('the recording', recording, 'store-recovering');
    equal('a new request', fresh, 'admitted');
    equal('executions', world.ledger.executionsOf('polite'), 1);
    return `recording: ${recording}; new request: ${fresh}`;
  },
};

/** The last requests of the client that the dead server admitted; each would still be fresh. */
function admittedBefore({ orders }: World): RawRequest[] {
  const admitted = orders.edge.recordings('killed-').filter(({ answer }) => answer?.code === 'admitted');
  return admitted.slice(-PLAYED_BACK).map(({ request }) => request);
}
