/** Those who hold no key of the API, or not the secret to it; and an honest partner at the same address. */
import { randomBytes } from 'node:crypto';
import type { RawRequest } from '../probe/raw-request.js';
import { draft, send, sendTogether } from './draft.js';
import { expectCodes, expectEqual, tellCodes } from './outcome.js';
import type { Play } from './play.js';
import { STRANGERS } from './playground.js';

const INVALID = 'invalid-signature';
const UNSIGNED = 300;
const BATCH = 50;
const HONEST = 5;

export const wrongSecret: Play = {
  id: 'wrong-secret',
  title: 'sign with a wrong secret',
  what: 'a known key id and a secret that is not its own: refused, and nothing says which of the two is wrong',
  owner: 'globex',
  run: async (ground, signal) => {
    await ground.forgiven(signal);
    const signer = { secret: randomBytes(32) };
    const { code } = await send(ground, draft(ground, { key: 'globex_1', signer }), signal);
    expectEqual('a wrong secret', code, INVALID);
    return `1 sent: ${tellCodes([code])}`;
  },
};

export const unknownKey: Play = {
  id: 'unknown-key',
  title: 'sign with an unknown key',
  what: 'key ids that nobody has, __proto__ among them: refused, with the very answer that a wrong secret gets',
  owner: 'globex',
  run: async (ground, signal) => {
    await ground.forgiven(signal);
    const secret = randomBytes(32);
    const sendAs = (keyId: string) =>
      send(ground, draft(ground, { key: 'globex_1', signer: { keyId, secret } }), signal);
    const wrong = await sendAs('globex_1');
    const ids = ['nobody', '__proto__', 'constructor'];
    const codes: string[] = [];
    for (const id of ids) {
      const { code, text } = await sendAs(id);
      expectEqual(`the key ${id}`, code, INVALID);
      expectEqual(`the answer to ${id}, beside that to a wrong secret`, text, wrong.text);
      codes.push(code);
    }
    return `${ids.length} sent: ${tellCodes(codes)}, word for word as for a wrong secret`;
  },
};

export const unsignedFlood: Play = {
  id: 'unsigned-flood',
  title: 'flood without signatures',
  what: `${UNSIGNED} unsigned requests, and signed ones from the same address: none of those locked out`,
  owner: 'globex',
  run: async (ground, signal) => {
    const unsigned: RawRequest = {
      method: 'GET',
      target: '/v1/orders/1001',
      headers: [['Host', ground.authority]],
      body: Buffer.alloc(0),
    };
    const codes: string[] = [];
    const honest: string[] = [];
    while (codes.length < UNSIGNED) {
      codes.push(...(await sendTogether(ground, Array(BATCH).fill(unsigned), signal)));
      if (honest.length < HONEST) {
        const signed = draft(ground, { key: 'globex_1', method: 'GET', target: '/v1/orders/1001' });
        honest.push((await send(ground, signed, signal)).code);
      }
    }
    expectCodes('the partner at the same address', honest, `${HONEST} admitted`);
    const muted = codes.filter((code) => code === 'too-many-failures').length;
    const missing = codes.filter((code) => code === 'missing-signature').length;
    expectEqual('unsigned ones that were refused', muted + missing, UNSIGNED);
    if (muted === 0)
      throw new Error(`broken promise: after ${STRANGERS.limit} refusals the address was not spent`);
    return `${UNSIGNED} unsigned: ${tellCodes(codes)}; ${HONEST} signed at the same time: ${tellCodes(honest)}`;
  },
};
