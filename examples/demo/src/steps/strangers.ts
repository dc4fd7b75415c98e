/** Those who hold no key, from the same address as those who do. */
import { randomBytes, randomUUID } from 'node:crypto';
import { addField, draft, withoutField, withParameter } from '../signing.js';
import type { Step } from '../step.js';
import { deliver, formatRequest, type RawRequest } from '../wire.js';
import type { World } from '../world.js';

const JUNK_FOR_MS = 1_500;
const WORKERS = 8;

export const junkFlood: Step = {
  name: 'a flood of junk from an honest client’s address',
  promise: 'junk gets 401, then 429; the client nothing',
  run: async (world, { equal, must }) => {
    const acme = await world.startPartner('acme', { direct: true, attempts: 1 });
    const endMs = performance.now() + JUNK_FOR_MS;
    const codes = new Map<string, number>();
    const flood = async (): Promise<void> => {
      while (performance.now() < endMs) {
        for (const junk of makeJunk(world)) {
          world.tally.sent += 1;
          const { code } = await deliver(world.orders.server.port, junk);
          codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      }
    };
    const path = '/v1/orders/1001';
    const [results] = await Promise.all([
      acme.run({ call: 'honest-{n}', method: 'GET', path, forMs: JUNK_FOR_MS, spacingMs: 10 }),
      ...Array.from({ length: WORKERS }, flood),
    ]);
    const answered = results.filter(({ status }) => status === 200).length;
    equal('answers to the honest client', answered, results.length);
    must(answered > 20, `the honest client got only ${answered} answers`);
    equal('junk admitted', codes.get('admitted') ?? 0, 0);
    const muted = codes.get('too-many-failures') ?? 0;
    must(muted > 0, `the address was never spent: ${[...codes]}`);
    const junk = [...codes.values()].reduce((sum, count) => sum + count, 0);
    return `${junk} junk, ${muted} muted; ${answered} of ${results.length} honest calls answered`;
  },
};

/** Unsigned, forged under the victim's key id, under unknown ids, under ids that are names of properties. */
function makeJunk(world: World): (RawRequest | Buffer)[] {
  const signed = draft(world, { method: 'GET', target: '/v1/orders/1001' });
  const forged = withParameter(signed, 'sig', () => randomBytes(32).toString('hex'));
  return [
    withoutField(signed, 'authorization'),
    forged,
    withParameter(forged, 'key', () => randomUUID()),
    withParameter(forged, 'key', () => '__proto__'),
    withParameter(forged, 'key', () => 'toString'),
    formatRequest(addField(forged, 'X-Padding', 'x'.repeat(4_000))),
  ];
}
