/** Bodies: the wrong one, half of one, none, too much, and one that never ends. */
import { deliverHalf } from '../edge.js';
import { addField, draft, nonceOf, ORDER_BODY, withField, withoutField } from '../signing.js';
import { pause, type Step } from '../step.js';
import { formatHead, openLine, type RawRequest } from '../wire.js';
import type { World } from '../world.js';

export const wrongBodyFirst: Step = {
  name: 'a captured head with another body, sent first',
  promise: 'refused; the victim’s nonce is not spent',
  run: async (world, { equal }) => {
    const call = 'victim';
    const request = draft(world, { call });
    const forged = { ...request, body: Buffer.from(ORDER_BODY.replace('8990', '0001')) };
    equal('the copy with another body', (await world.send(forged)).code, 'digest-mismatch');
    equal('the copy once more', (await world.send(forged)).code, 'digest-mismatch');
    equal('the victim’s own', (await world.send(request)).code, 'admitted');
    equal('executions', world.ledger.executionsOf(call), 1);
    return 'digest-mismatch twice, then the original admitted';
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
    equal('executions by hand', ledger.executionsOfNonce(nonceOf(byHand)), 1);

    const call = 'cut-upload';
    orders.edge.script(call, [{ do: 'cut-inside' }, { do: 'cut-inside' }]);
    const acme = await world.startPartner('acme');
    const body = JSON.stringify('x'.repeat(50_000));
    const { status } = await acme.call({ call, method: 'PUT', path: '/v1/uploads/plan.json', body });
    const nonces = orders.edge.recordings(call).map(({ request }) => nonceOf(request));
    equal('the client’s call', status, 201);
    equal('sendings of the client', nonces.length, 3);
    equal('signatures of the client', new Set(nonces).size, 1);
    equal('executions for the client', ledger.executionsOf(call), 1);
    return 'cut 3 and 2 times, one signature each, executed once';
  },
};

export const endlessBodies: Step = {
  name: 'bodies too long, never ending, or chunked wrong',
  promise: '413, 408 or 400, and nothing executed',
  run: async (world, { equal }) => {
    const call = 'endless';
    const request = draft(world, { call });
    const announced = withField(request, 'content-length', () => String(10 * 1024 * 1024));
    equal('10 MiB announced', await sendHead(world, announced), 'body-too-large');
    const chunked = addField(withoutField(request, 'content-length'), 'Transfer-Encoding', 'chunked');
    equal('300 KiB in chunks', await sendChunks(world, chunked, 300 * 1024), 'body-too-large');
    equal('a body that never comes', await sendHead(world, request), 'body-timeout');
    equal('another body in chunks', await sendChunks(world, chunked, 100), 'digest-mismatch');
    equal('executions', world.ledger.executionsOf(call), 0);
    equal('the original', (await world.send(request)).code, 'admitted');
    return 'body-too-large 2, body-timeout, digest-mismatch; original admitted';
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
