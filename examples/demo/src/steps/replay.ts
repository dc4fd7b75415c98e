/** Requests that were admitted once and come again. */
import { both, type Change, field } from '../changes.js';
import { tellCodes } from '../codes.js';
import { draft, nonceOf } from '../signing.js';
import { pause, type Step } from '../step.js';
import { deliver, formatRequest, openLine } from '../wire.js';
import { noteReplay, type World } from '../world.js';

const COPIES = 50;

export const replayAtOnce: Step = {
  name: 'a captured order played back at once',
  promise: '409, on every connection and by any way',
  run: async (world, { equal }) => {
    const { orders, ledger, tally } = world;
    const call = 'replay';
    const request = draft(world, { call });
    const line = openLine(orders.server.port);
    line.write(formatRequest(request));
    equal('the original', (await line.answer()).code, 'admitted');
    tally.sent += 1;

    line.write(formatRequest(request));
    const sameLine = (await line.answer()).code;
    line.close();
    noteReplay(tally, sameLine);
    const throughEdge = (await deliver(orders.edge.port, request)).code;
    noteReplay(tally, throughEdge);
    const nonce = nonceOf(request);
    const later = draft(world, { call, nonce: () => nonce, now: () => Date.now() + 1 });
    const codes = {
      'on the same connection': sameLine,
      'through the edge': throughEdge,
      'on another connection': (await world.replay(request)).code,
      'the nonce signed anew for a later time': (await world.replay(later)).code,
    };
    for (const [how, code] of Object.entries(codes)) equal(how, code, 'replayed-nonce');
    const executions = ledger.executionsOf(call);
    equal('executions', executions, 1);
    return `${tellCodes(Object.values(codes))}; executions: ${executions}`;
  },
};

export const fiftyCopies: Step = {
  name: `one signed order, ${COPIES} copies at the same moment`,
  promise: 'one of them is executed',
  run: async (world, { equal }) => {
    const call = 'copies';
    const codes = await sendCopies(world, call);
    const executions = world.ledger.executionsOf(call);
    equal('answers', tellCodes(codes), `${COPIES - 1} replayed-nonce, 1 admitted`);
    equal('executions', executions, 1);
    return `${tellCodes(codes)}; executions: ${executions}`;
  },
};

async function sendCopies(world: World, call: string): Promise<string[]> {
  const request = formatRequest(draft(world, { call }));
  const lines = Array.from({ length: COPIES }, () => openLine(world.orders.server.port));
  // All but the last byte first, so that all of them are complete in the same moment.
  for (const line of lines) line.write(request.subarray(0, -1));
  await pause(50);
  for (const line of lines) line.write(request.subarray(-1));
  const codes = (await Promise.all(lines.map((line) => line.answer()))).map(({ code }) => code);
  for (const line of lines) line.close();
  world.tally.sent += 1;
  const original = codes.indexOf('admitted');
  for (const code of codes.filter((_, i) => i !== original)) noteReplay(world.tally, code);
  return codes;
}

export const anotherService: Step = {
  name: 'a captured order played to another service',
  promise: '421; with its Host changed 401',
  run: async (world, { equal }) => {
    const { billing, ledger } = world;
    const call = 'audience';
    const request = draft(world, { call });
    const { authority } = billing.edge;
    const elsewhere: Change = field('host', authority);
    const absolute: Change = (each) => ({ ...each, target: `http://${authority}${each.target}` });
    const asIs = (await world.send(request, billing)).code;
    const rewritten = (await world.send(elsewhere(request), billing)).code;
    const inTarget = (await world.send(both(elsewhere, absolute)(request), billing)).code;
    equal('as it is', asIs, 'wrong-audience');
    equal('with its Host changed', rewritten, 'invalid-signature');
    equal('with the other service in its target too', inTarget, 'invalid-signature');
    equal('executions there', ledger.executionsOf(call), 0);
    const original = (await world.send(request)).code;
    equal('the original, where it belongs', original, 'admitted');
    return `${tellCodes([asIs, rewritten, inTarget])}; where it belongs: ${original}`;
  },
};
