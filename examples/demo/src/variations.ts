/** Hostile variations of one signed request: each is refused, and none of them spends what it was made from. */
import type { Checks } from './step.js';
import type { RawRequest } from './wire.js';
import type { World } from './world.js';

/** What is done to the request, how, and the codes that may answer it. */
export type Variation = readonly [
  what: string,
  change: (request: RawRequest) => RawRequest,
  ...codes: readonly string[],
];

/** Sends all variations, then the request itself, which must still be admitted: a refusal has spent nothing. */
export async function sendVariations(
  world: World,
  { equal, must }: Checks,
  request: RawRequest,
  call: string,
  variations: readonly Variation[],
): Promise<string> {
  let refused = 0;
  for (const [what, change, ...codes] of variations) {
    const { code } = await world.send(change(request));
    must(codes.includes(code), `${what}: expected ${codes.join(' or ')}, got ${code}`);
    if (code !== 'admitted') refused += 1;
  }
  equal('executions before the original came', world.ledger.executionsOf(call), 0);
  equal('the original, after all of them', (await world.send(request)).code, 'admitted');
  equal('executions', world.ledger.executionsOf(call), 1);
  return `${refused} of ${variations.length} refused, original admitted`;
}
