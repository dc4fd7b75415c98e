/** Those who hold no key, from the same address as those who do. */
import { randomBytes, randomUUID } from 'node:crypto';
import { added, parameter, without } from '../changes.js';
import { countCodes } from '../codes.js';
import { draft } from '../signing.js';
import type { Step } from '../step.js';
import type { RawRequest } from '../wire.js';
import type { World } from '../world.js';

const JUNK_FOR_MS = 1_500;
/** On a machine that has no time for junk. */
const AT_MOST_MS = 6_000;
const MUTED = 'too-many-failures';
const WORKERS = 8;

export const junkFlood: Step = {
  name: 'a flood of junk from an honest client’s address',
  promise: 'junk: 401, then 429; the client: no refusal',
  run: async (world, { equal, must }) => {
    const acme = await world.partner('acme', { direct: true, attempts: 1 });
    const startedMs = performance.now();
    const junk: string[] = [];
    const flood = async (): Promise<void> => {
      for (let forMs = 0; forMs < (junk.includes(MUTED) ? JUNK_FOR_MS : AT_MOST_MS); ) {
        for (const request of makeJunk(world)) junk.push((await world.send(request)).code);
        forMs = performance.now() - startedMs;
      }
    };
    const path = '/v1/orders/1001';
    const [results] = await Promise.all([
      acme.run({ call: 'honest-{n}', method: 'GET', path, forMs: JUNK_FOR_MS, spacingMs: 10 }),
      ...Array.from({ length: WORKERS }, flood),
    ]);
    const answered = results.filter(({ status }) => status === 200).length;
    equal('answers to the honest client', answered, results.length);
    must(answered > 0, 'the honest client got no answer');
    const codes = countCodes(junk);
    equal('junk admitted', codes.get('admitted') ?? 0, 0);
    const muted = codes.get(MUTED) ?? 0;
    must(muted > 0, `the address was never spent: ${[...codes]}`);
    return `${junk.length} junk, ${muted} of it 429; ${answered} of ${results.length} honest calls answered`;
  },
};

/** Unsigned, forged under the victim's key id, under unknown ids, under ids that are names of properties. */
function makeJunk(world: World): RawRequest[] {
  const signed = draft(world, { method: 'GET', target: '/v1/orders/1001' });
  const forged = parameter('sig', () => randomBytes(32).toString('hex'))(signed);
  return [
    without('authorization')(signed),
    forged,
    parameter('key', randomUUID())(forged),
    parameter('key', '__proto__')(forged),
    parameter('key', 'toString')(forged),
    added('X-Padding', 'x'.repeat(4_000))(forged),
  ];
}
