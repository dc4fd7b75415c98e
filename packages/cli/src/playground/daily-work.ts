/** A partner who does what partners do, with the signed fetch. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError, createFetch } from '@countersign/client';
import { ORDER_BODY } from './draft.js';
import { expectCodes } from './outcome.js';
import type { Play } from './play.js';
import { codeOf } from './wire.js';

const FOR_MS = 8_000;
/** Well within every budget. */
const SPACING_MS = 300;
const TENANTS = ['north', 'south', 'west'];

export const steadyTraffic: Play = {
  id: 'steady-traffic',
  title: 'steady traffic',
  what: `reads and orders for ${FOR_MS / 1000} seconds, within every budget: none is refused`,
  owner: 'acme',
  run: async ({ authority, signer }, signal) => {
    const codes: string[] = [];
    const fetch = createFetch(signer('acme_1'), {
      fetch: async (url, init) => {
        const response = await globalThis.fetch(url, init);
        codes.push(codeOf(response.status, await response.clone().text()));
        return response;
      },
    });
    const read = (n: number): Promise<Response> =>
      fetch(`http://${authority}/v1/orders/${1000 + n}`, { signal });
    const order = (n: number): Promise<Response> =>
      fetch(`http://${authority}/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: ORDER_BODY,
        scope: `orders:write:${TENANTS[n % TENANTS.length]}`,
        signal,
      });
    const startedMs = performance.now();
    for (let n = 0; performance.now() - startedMs < FOR_MS; n++) {
      const answer = await (n % 2 === 0 ? read(n) : order(n)).catch(endOfCall);
      // What it ended by stands among the codes.
      if (answer === undefined) break;
      await answer.text();
      await sleep(SPACING_MS, undefined, { signal });
    }
    expectCodes('traffic within its budgets', codes, `${codes.length} admitted`);
    return `${codes.length} sent in ${FOR_MS / 1000} s: ${codes.length} admitted`;
  },
};

/** How the product's own errors end a call; anything else is no answer of the API. */
function endOfCall(error: unknown): undefined {
  if (!(error instanceof CountersignError)) throw error;
}
