/** Requests that were admitted once and come again. */
import { draft, nonceOf } from '../signing.js';
import { pause, type Step } from '../step.js';
import { deliver, formatRequest, openLine } from '../wire.js';
import type { World } from '../world.js';

const COPIES = 50;

export const replayAtOnce: Step = {
  name: 'a captured order played back at once',
  promise: '409 on every connection and by any way',
  run: async (world, { equal }) => {
    const { orders, ledger, tally } = world;
    const call = 'replay';
    const request = draft(world, { call });
    const line = openLine(orders.server.port);
    const sendAgain = async (): Promise<string> => {
      tally.sent += 1;
      line.write(formatRequest(request));
      return (await line.answer()).code;
    };
    equal('the original', await sendAgain(), 'admitted');
    tally.replaysTried += 1;
    equal('on the same connection', await sendAgain(), 'replayed-nonce');
    line.close();
    equal('on another connection', (await world.replay(request)).code, 'replayed-nonce');
    tally.sent += 1;
    tally.replaysTried += 1;
    const atTheEdge = Number(orders.edge.authority.split(':')[1]);
    equal('through the edge', (await deliver(atTheEdge, request)).code, 'replayed-nonce');
    const nonce = nonceOf(request);
    const later = draft(world, { call, nonce: () => nonce, now: () => Date.now() + 1 });
    equal('the nonce signed anew under a later time', (await world.replay(later)).code, 'replayed-nonce');
    equal('executions', ledger.executionsOf(call), 1);
    return 'replayed-nonce 4 times of 4, executed once';
  },
};

export const fiftyCopies: Step = {
  name: `one signed order, ${COPIES} copies at the same moment`,
  promise: 'one of them is executed',
  run: async (world, { equal }) => {
    const call = 'copies';
    const codes = await sendCopies(world, call);
    const admitted = codes.filter((code) => code === 'admitted').length;
    const replayed = codes.filter((code) => code === 'replayed-nonce').length;
    equal('admitted', admitted, 1);
    equal('refused as replays', replayed, COPIES - 1);
    equal('executions', world.ledger.executionsOf(call), 1);
    return `${admitted} admitted, ${replayed} replayed-nonce`;
  },
};

async function sendCopies(world: World, call: string): Promise<string[]> {
  const request = formatRequest(draft(world, { call }));
  const lines = Array.from({ length: COPIES }, () => openLine(world.orders.server.port));
  world.tally.sent += COPIES;
  world.tally.replaysTried += COPIES - 1;
  // All but the last byte first, so that all of them are complete in the same moment.
  for (const line of lines) line.write(request.subarray(0, -1));
  await pause(50);
  for (const line of lines) line.write(request.subarray(-1));
  const codes = (await Promise.all(lines.map((line) => line.answer()))).map(({ code }) => code);
  for (const line of lines) line.close();
  world.tally.replaysAdmitted += Math.max(0, codes.filter((code) => code === 'admitted').length - 1);
  return codes;
}

export const anotherService: Step = {
  name: 'a captured order played to another service',
  promise: '421; its Host changed: 401',
  run: async (world, { equal }) => {
    const { billing, ledger } = world;
    const call = 'audience';
    const request = draft(world, { call });
    const own = `127.0.0.1:${billing.server.port}`;
    const asIs = await world.send(request, billing);
    const headers = request.headers.map(([name, value]) => [name, name === 'Host' ? own : value] as const);
    const rewritten = await world.send({ ...request, headers }, billing);
    equal('as it is', asIs.code, 'wrong-audience');
    equal('with its Host changed', rewritten.code, 'invalid-signature');
    equal('executions there', ledger.executionsOf(call), 0);
    equal('the original, where it belongs', (await world.send(request)).code, 'admitted');
    return `${asIs.code}, ${rewritten.code}; original admitted`;
  },
};
