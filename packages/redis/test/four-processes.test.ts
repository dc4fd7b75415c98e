/** The budget that many processes share: real processes, one real server, everybody at once. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { runs, type SignedHead, signHead, TEST_SECRET } from '@countersign/testkit';
import { type RedisServer, startRedis, waitUntil } from '@countersign/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, type Keys, type Service, startServices, stopServices } from './chaos/services.js';

const PROCESSES = 4;
const REQUESTS = 5_000;
const LIMIT = 100;
/** Three in `npm run campaign`. */
const ROUNDS: number = Math.min(3, runs(1));
/** All at once is more than a small machine answers within the store's deadline; here it is the counting that matters. */
const PATIENCE_MS = 60_000;

let redis: RedisServer;
let services: Service[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

beforeAll(async () => {
  redis = await startRedis();
  const keys = Array.from({ length: ROUNDS }, (_, i) => [`key_${i}`, keyOf(`owner_${i}`)]);
  services = await startServices(
    Array.from({ length: PROCESSES }, () => ({
      redis: { host: redis.host, port: redis.port },
      keys: { ...Object.fromEntries(keys), probe: keyOf('probe') },
      tolerance: { pastMs: 60_000, futureMs: 300 },
      limits: { orders: `${LIMIT}/m` },
      store: { timeoutMs: PATIENCE_MS },
      storeTimeoutMs: PATIENCE_MS,
    })),
  );
  // A server that is new may have forgotten: it refuses what was signed before it was looked at.
  await waitUntil('a service that serves', 60_000, async () => {
    const probes = services.map((service) => send(service, signed('probe')));
    return (await Promise.all(probes)).every((status) => status === 200) || undefined;
  });
  await sleep(1_000);
});
afterAll(async () => {
  agent.destroy();
  await stopServices(services);
  await redis.stop();
});

function keyOf(owner: string): Keys[string] {
  return { secret: TEST_SECRET, owner, scopes: ['orders'] };
}

function signed(keyId: string): SignedHead {
  return signHead({ method: 'GET', target: '/v1/orders', audience: AUDIENCE, keyId, signedAtMs: Date.now() });
}

/** Sends it on a connection of its own; gives the status. */
async function send({ port }: Service, { method, target, headers }: SignedHead): Promise<number> {
  return new Promise((resolve, reject) => {
    const fields = Object.fromEntries(headers);
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path: target, headers: fields });
    outgoing.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe(`${PROCESSES} processes, one Redis, a limit of ${LIMIT} and ${REQUESTS.toLocaleString('en')} concurrent requests`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    it(`admits exactly ${LIMIT}, round ${round + 1}`, async () => {
      const statuses = new Map<number, number>();
      const heads = Array.from({ length: REQUESTS }, () => signed(`key_${round}`));
      await Promise.all(
        heads.map(async (head, i) => {
          const status = await send(services[i % PROCESSES] as Service, head);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }),
      );
      const reports = await Promise.all(services.map((service) => service.report()));
      const why = JSON.stringify(reports.map(({ unavailable, warnings }) => ({ unavailable, warnings })));
      expect(Object.fromEntries(statuses), why).toEqual({ 200: LIMIT, 429: REQUESTS - LIMIT });
      const executed = reports.map(
        ({ journal }) => journal.filter(({ owner }) => owner === `owner_${round}`).length,
      );
      expect(executed.reduce((sum, count) => sum + count, 0)).toBe(LIMIT);
      expect(executed.filter((count) => count > 0).length).toBeGreaterThan(1);
    });
  }
});
