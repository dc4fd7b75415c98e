/** Bodies: the wrong one, half of one, none, too much, and one that never ends. */
import { added, both, field, without } from '../changes.js';
import { tellCodes } from '../codes.js';
import { draft, nonceOf, ORDER_BODY } from '../signing.js';
import { pause, type Step } from '../step.js';
import { deliverHalf, formatHead, openLine, type RawRequest } from '../wire.js';
import type { World } from '../world.js';

export const wrongBodyFirst: Step = {
  name: 'a captured head with another body, sent first',
  promise: 'refused; the victim’s nonce is not spent',
  run: async (world, { equal }) => {
    const call = 'victim';
    const request = draft(world, { call });
    const forged = { ...request, body: Buffer.from(ORDER_BODY.replace('8990', '0001')) };
    const first = (await world.send(forged)).code;
    const second = (await world.send(forged)).code;
    const own = (await world.send(request)).code;
    equal('the copy with another body', first, 'digest-mismatch');
    equal('the copy once more', second, 'digest-mismatch');
    equal('the victim’s own', own, 'admitted');
    const executions = world.ledger.executionsOf(call);
    equal('executions', executions, 1);
    return `${tellCodes([first, second])}; then ${own}; executions: ${executions}`;
  },
};

export const cutUpload: Step = {
  name: 'an upload cut after its headers, sent again',
  promise: 'the same signature is admitted, once',
  run: async (world, { equal }) => {
    const { orders, ledger } = world;
    const byHand = draft(world, {
      method: 'PUT',
      target: '/v1/uploads/plan.json',
      body: JSON.stringify('x'.repeat(200_000)),
    });
    for (let i = 0; i < 3; i++) await deliverHalf(orders.server.port, byHand);
    equal('by hand, after three cuts', (await world.send(byHand)).code, 'admitted');
    const executionsByHand = ledger.executionsOfNonce(nonceOf(byHand));
    equal('executions by hand', executionsByHand, 1);

    const call = 'cut-upload';
    orders.edge.script(call, [{ do: 'cut-inside' }]);
    const acme = await world.partner('acme');
    const body = JSON.stringify('x'.repeat(50_000));
    const { status } = await acme.call({ call, method: 'PUT', path: '/v1/uploads/plan.json', body });
    const nonces = orders.edge.recordings(call).map(({ request }) => nonceOf(request));
    const signatures = new Set(nonces).size;
    const executions = ledger.executionsOf(call);
    equal('the client’s call', status, 201);
    equal('sendings of the client', nonces.length, 2);
    equal('signatures of the client', signatures, 1);
    equal('executions for the client', executions, 1);
    return `by hand: ${executionsByHand} execution; client: ${nonces.length} sendings, ${signatures} signature, ${executions} execution`;
  },
};

export const endlessBodies: Step = {
  name: 'bodies too long, never ending, or chunked wrong',
  promise: '413, 408 or 400, and nothing executed',
  run: async (world, { equal }) => {
    const call = 'endless';
    const request = draft(world, { call });
    const announced = field('content-length', String(10 * 1024 * 1024))(request);
    const inChunks = both(without('content-length'), added('Transfer-Encoding', 'chunked'))(request);
    const codes = {
      '10 MiB announced': await sendHead(world, announced),
      '300 KiB in chunks': await sendChunks(world, inChunks, 300 * 1024),
      'a body that never comes': await sendHead(world, request),
      'another body in chunks': await sendChunks(world, inChunks, 100),
    };
    const expected = ['body-too-large', 'body-too-large', 'body-timeout', 'digest-mismatch'];
    for (const [i, [what, code]] of Object.entries(codes).entries()) equal(what, code, expected[i]);
    equal('executions', world.ledger.executionsOf(call), 0);
    const original = (await world.send(request)).code;
    equal('the original', original, 'admitted');
    return `${tellCodes(Object.values(codes))}; then ${original}`;
  },
};

async function sendHead({ orders, tally }: World, request: RawRequest): Promise<string> {
  tally.sent += 1;
  const line = openLine(orders.server.port);
  line.write(formatHead(request));
  const { code } = await line.answer();
  line.close();
  return code;
}

async function sendChunks({ orders, tally }: World, request: RawRequest, bytes: number): Promise<string> {
  tally.sent += 1;
  const line = openLine(orders.server.port);
  line.write(formatHead(request));
  const size = Math.min(bytes, 16 * 1024);
  for (let sent = 0; sent < bytes; sent += size) {
    line.write(Buffer.from(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`));
    await pause(1);
  }
  line.write(Buffer.from('0\r\n\r\n'));
  const { code } = await line.answer();
  line.close();
  return code;
}
