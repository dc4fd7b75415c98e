/** Hostile variations of one signed request: each is refused, and none of them spends what it was made from. */
import type { Change } from './changes.js';
import { tellCodes } from './codes.js';
import { type Draft, draft } from './signing.js';
import type { Step } from './step.js';

/** What is done to the request, how, and the codes that may answer it. */
export type Variation = readonly [what: string, change: Change, ...codes: readonly string[]];

/** A step that sends all variations, then the request itself: it must be admitted, so the refusals have spent nothing. */
export function variationsStep(
  name: string,
  options: Draft & { readonly call: string },
  variations: readonly Variation[],
): Step {
  return {
    name,
    promise: 'refused, and the original still admitted',
    run: async (world, { equal, must }) => {
      const request = draft(world, options);
      const given: string[] = [];
      for (const [what, change, ...codes] of variations) {
        const { code } = await world.send(change(request));
        must(codes.includes(code), `${what}: expected ${codes.join(' or ')}, got ${code}`);
        given.push(code);
      }
      equal('executions before the original came', world.ledger.executionsOf(options.call), 0);
      const original = await world.send(request);
      equal('the original, after all of them', original.code, 'admitted');
      equal('executions', world.ledger.executionsOf(options.call), 1);
      return `${tellCodes(given)}; then ${original.code}`;
    },
  };
}
