/** More than a rate allows: by brute force, across the edge of a window, and spread over all that could be told apart. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawRequest } from '../probe/raw-request.js';
import { draft, sendTogether } from './draft.js';
import { expectCodes, expectEqual, tellCodes } from './outcome.js';
import { BUDGETS, REPORTS_WINDOW_MS } from './partners.js';
import type { Play } from './play.js';
import type { Playground } from './playground.js';

/** Between the waves of a flood, so that it can be watched as it climbs. */
const BETWEEN_WAVES_MS = 300;
const BEFORE_EDGE_MS = 250;
const SPREAD = 40;

const { owner, orders, reads, writes, tenant, reports } = BUDGETS;

/** Each wave spends one budget of the tree more; what it is refused is charged nowhere. */
const WAVES: readonly (readonly [what: string, sent: number, admitted: number, request: Wave])[] = [
  ['one tenant', 12, tenant, (ground) => order(ground, 'tenant-1')],
  ['all tenants', 20, writes - tenant, (ground, n) => order(ground, `tenant-${2 + (n % 4)}`)],
  ['orders', 30, orders - writes, (ground, n) => read(ground, `/v1/orders/${n}`)],
  ['the owner', 30, owner - orders, (ground) => read(ground, '/v1/stock')],
];
type Wave = (ground: Playground, n: number) => RawRequest;

export const flood: Play = {
  id: 'flood',
  title: 'flood over every budget',
  what: 'floods of one tenant, of all tenants, of all orders and of everything: each level stops at its own limit',
  owner: 'initech',
  run: async (ground, signal) => {
    await ground.rested('initech', signal);
    const told: string[] = [];
    for (const [what, sent, admitted, request] of WAVES) {
      const codes = await sendTogether(
        ground,
        times(sent, (n) => request(ground, n)),
        signal,
      );
      expectCodes(what, codes, `${admitted} admitted, ${sent - admitted} refused as rate-limited`);
      told.push(`${what} ${admitted} of ${sent}`);
      await sleep(BETWEEN_WAVES_MS, undefined, { signal });
    }
    return `${told.join(', ')} admitted, the others refused as rate-limited`;
  },
};

export const windowEdge: Play = {
  id: 'window-edge',
  title: 'burst across a window’s edge',
  what: `${reports} reports just before the edge of a clock’s window and ${reports} behind it: no two full bursts in one window`,
  owner: 'initech',
  run: async (ground, signal) => {
    await ground.rested('initech', signal);
    const burst = (): Promise<readonly string[]> =>
      sendTogether(
        ground,
        times(reports, () => read(ground, '/v1/reports')),
        signal,
      );
    const untilEdgeMs = REPORTS_WINDOW_MS - (Date.now() % REPORTS_WINDOW_MS);
    await sleep((untilEdgeMs - BEFORE_EDGE_MS + REPORTS_WINDOW_MS) % REPORTS_WINDOW_MS, undefined, {
      signal,
    });
    const edgeAtMs = performance.now() + BEFORE_EDGE_MS;
    const before = await burst();
    const spentAtMs = performance.now();
    await sleep(Math.max(0, edgeAtMs - performance.now()) + 50, undefined, { signal });
    const behind = await burst();
    await sleep(Math.max(0, spentAtMs + REPORTS_WINDOW_MS + 1 - performance.now()), undefined, { signal });
    const later = await burst();
    expectCodes('before the edge', before, `${reports} admitted`);
    expectCodes('behind the edge', behind, `${reports} refused as rate-limited`);
    expectCodes('a whole window later', later, `${reports} admitted`);
    return `${reports} before the edge: ${tellCodes(before)}; ${reports} behind it: ${tellCodes(behind)}; a window later: ${tellCodes(later)}`;
  },
};

export const dilution: Play = {
  id: 'dilution',
  title: 'dilute one budget',
  what: `${SPREAD} reads over ids, queries, spellings, two keys of one owner and invented addresses: one budget`,
  owner: 'initech',
  run: async (ground, signal) => {
    await ground.rested('initech', signal);
    const requests = times(SPREAD, (n) =>
      draft(ground, {
        key: n % 2 === 0 ? 'initech_a' : 'initech_b',
        method: 'GET',
        target: n % 3 === 0 ? `/v1/orders/%31${n}?page=${n}` : `/v1/orders/${n}?x[${n}]=1&page=1`,
        headers: [
          ['X-Forwarded-For', `203.0.113.${n}`],
          ['User-Agent', `bot/${n}`],
        ],
      }),
    );
    const codes = await sendTogether(ground, requests, signal);
    expectCodes('the reads', codes, `${reads} admitted, ${SPREAD - reads} refused as rate-limited`);
    expectEqual('different targets', new Set(requests.map(({ target }) => target)).size, SPREAD);
    return `${SPREAD} reads, no two alike, by two keys: ${tellCodes(codes)}`;
  },
};

function order(ground: Playground, tenantName: string): RawRequest {
  return draft(ground, { key: 'initech_a', scope: `orders:write:${tenantName}` });
}

function read(ground: Playground, target: string): RawRequest {
  return draft(ground, { key: 'initech_a', method: 'GET', target });
}

function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
