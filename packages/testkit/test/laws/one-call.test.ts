/**
 * L14 against an adversary on the way: the real signed fetch, the real verifier and store, a hostile network and
 * wrong clocks between them.
 */
import {
  AlreadyAdmittedError,
  ClockSkewError,
  CountersignError,
  createFetch,
  createSigner,
} from '@countersign/client';
import { createVerifier, keyring, memoryStore, type Verifier } from '@countersign/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hop, type HostileNetwork, hostileNetwork, type World } from '../../src/hostile-network.js';
import { runs } from '../../src/runs.js';
import { signHead, TEST_AUDIENCE, TEST_SECRET } from '../../src/signing.js';

const T = 1_763_750_000_000;
const DAY_MS = 86_400_000;
const URL = `https://${TEST_AUDIENCE}/v1/orders`;

interface Settings {
  readonly method: string;
  readonly clientOffsetMs: number;
  readonly hops: readonly Hop[];
  readonly maxNonces: number;
  readonly limit: '1/2s' | '1000/s';
  /** Requests of others under the same key before the call: they fill the nonce memory. */
  readonly noise: number;
}

interface Simulation {
  readonly world: World;
  readonly network: HostileNetwork;
  readonly call: () => Promise<Response>;
  readonly playBack: (request: Request) => Promise<Response>;
  readonly executions: () => number;
}

function simulate(settings: Settings): Simulation {
  const { method, clientOffsetMs, hops, limit, noise } = settings;
  const world: World = { elapsedMs: 0, serverOffsetMs: 0 };
  const serverNow = (): number => T + world.elapsedMs + world.serverOffsetMs;
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders', 'noise'] } }),
    audience: TEST_AUDIENCE,
    limits: { orders: limit },
    store: memoryStore({ maxNonces: settings.maxNonces }),
    now: serverNow,
    monotonicNow: () => world.elapsedMs,
  });
  let executed = 0;
  const serve = (request: Request): Promise<Response> =>
    answer(verifier, request, () => {
      executed += 1;
    });
  const network = hostileNetwork(world, hops, serve);
  const signer = createSigner({
    keyId: 'key_1',
    secret: TEST_SECRET,
    now: () => T + world.elapsedMs + clientOffsetMs,
  });
  const signedFetch = createFetch(signer, {
    fetch: network.fetch,
    random: () => 0.5,
    monotonicNow: () => world.elapsedMs,
    sleep: async (waitMs) => {
      world.elapsedMs += waitMs;
    },
  });
  const makeNoise = async (): Promise<void> => {
    for (let i = 0; i < noise; i++) {
      await verifier.verify(signHead({ signedAtMs: serverNow(), scope: 'noise' }), {
        scope: 'noise',
        body: '',
      });
    }
  };
  return {
    world,
    network,
    call: async () => {
      await makeNoise();
      return signedFetch(URL, method === 'GET' ? {} : { method, body: '{"sku":"tea-7"}' });
    },
    playBack: serve,
    executions: () => executed,
  };
}

async function answer(verifier: Verifier, request: Request, execute: () => void): Promise<Response> {
  const { pathname, search } = new globalThis.URL(request.url);
  const body = new Uint8Array(await request.arrayBuffer());
  const head = { method: request.method, target: pathname + search, headers: request.headers };
  const verdict = await verifier.verify(head, { scope: 'orders', body });
  if (!verdict.ok) {
    return new Response(JSON.stringify(verdict.problem), {
      status: verdict.status,
      headers: verdict.headers,
    });
  }
  execute();
  return new Response('done', { status: 201, headers: verdict.headers });
}

const delayMs = fc.constantFrom(0, 1, 40, 3_000, 20_000, 200_000, 301_000, 700_000);
const hostileHop: fc.Arbitrary<Hop> = fc.record({
  requestDelayMs: delayMs,
  request: fc.constantFrom('deliver', 'deliver', 'drop', 'twice'),
  playedBack: fc.nat({ max: 3 }),
  answer: fc.constantFrom('honest', 'honest', 'drop', 'gateway', 'forged', 'recorded'),
  status: fc.constantFrom(401, 409, 429, 502, 503, 504),
  answerDelayMs: delayMs,
  serverStepMs: fc.constantFrom(0, 0, 0, 0, 5_000, 600_000, -600_000, -5_000),
});
const clientOffsetMs = fc.oneof(
  fc.constantFrom(0, 0, -600_000, 600_000, 9_000, -290_000, -310_000, -2 * DAY_MS),
  fc.integer({ min: -DAY_MS, max: DAY_MS }),
);
const settings = fc.record({
  method: fc.constantFrom('POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'GET'),
  clientOffsetMs,
  hops: fc.array(hostileHop, { maxLength: 6 }),
  maxNonces: fc.constantFrom(1, 2, 1000),
  limit: fc.constantFrom<Settings['limit']>('1/2s', '1000/s'),
  noise: fc.nat({ max: 4 }),
});

describe('L14 one call, one execution', () => {
  it('executes a call at most once, whatever happens on the way and whatever is played back afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(delayMs, { maxLength: 4 }), async (drawn, delaysMs) => {
        const simulation = simulate(drawn);
        const outcome = await simulation.call().catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(CountersignError);
        const duringCall = simulation.executions();
        if (outcome instanceof AlreadyAdmittedError) expect(duringCall).toBeGreaterThan(0);
        if (outcome instanceof CountersignError && outcome.outcome === 'not-admitted') {
          // What was refused for a budget may be admitted when a copy is played back; only then is it not over.
          expect(duringCall).toBe(0);
        }
        for (const waitMs of delaysMs) {
          simulation.world.elapsedMs += waitMs;
          for (const copy of simulation.network.captured) await simulation.playBack(copy.clone());
        }
        // Only what is safe is signed again while an earlier signature may still become fresh.
        const signatures = new Set(
          simulation.network.captured.map(({ headers }) => headers.get('authorization')),
        );
        expect(simulation.executions()).toBeLessThanOrEqual(drawn.method === 'GET' ? signatures.size : 1);
      }),
      { numRuns: runs(1200) },
    );
  });

  it('lets every call through that an honest path would have let through', async () => {
    // What is lost before it reaches the server, in as many attempts as leave one for the answer and one for the
    // clock; a fast clock may need two, since a late verdict corrects it only as far as it proves.
    const lost: fc.Arbitrary<Hop> = fc.record({
      requestDelayMs: fc.constantFrom(0, 40, 3_000, 20_000),
      request: fc.constant('drop' as const),
      playedBack: fc.constant(0),
      answer: fc.constantFrom('drop' as const, 'honest' as const),
      status: fc.constant(503),
      answerDelayMs: fc.constantFrom(0, 40, 3_000),
      serverStepMs: fc.constant(0),
    });
    const gateway = lost.map((hop): Hop => ({ ...hop, answer: 'gateway' }));
    // A signature that dies on the way was alive when it left: nothing proves then that no copy of it was admitted.
    const offsets = (method: string): fc.Arbitrary<number> =>
      fc
        .integer({ min: -DAY_MS + 600_000, max: method === 'GET' ? DAY_MS - 600_000 : 9_000 })
        .filter((offsetMs) => offsetMs < -300_000 || offsetMs > -200_000);
    const drawn = fc.constantFrom('POST', 'PATCH', 'PUT', 'DELETE', 'GET').chain((method) =>
      offsets(method).chain((offsetMs) =>
        fc.record({
          method: fc.constant(method),
          clientOffsetMs: fc.constant(offsetMs),
          hops: fc.array(method === 'POST' || method === 'PATCH' ? lost : fc.oneof(lost, gateway), {
            maxLength: offsetMs > 9_000 ? 1 : 2,
          }),
          maxNonces: fc.constant(1000),
          limit: fc.constant<Settings['limit']>('1000/s'),
          noise: fc.nat({ max: 4 }),
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(drawn, async (some) => {
        const simulation = simulate(some);
        const response = await simulation.call();
        expect(response.status).toBe(201);
        expect(simulation.executions()).toBe(1);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('heals a fast clock for the next call of a method that is not safe', async () => {
    const simulation = simulate({
      method: 'POST',
      clientOffsetMs: 600_000,
      hops: [],
      maxNonces: 1000,
      limit: '1000/s',
      noise: 0,
    });
    await expect(simulation.call()).rejects.toBeInstanceOf(ClockSkewError);
    expect((await simulation.call()).status).toBe(201);
    // The first signature becomes fresh ten minutes later: then it is the copy that is admitted, once.
    simulation.world.elapsedMs += 600_000;
    for (const copy of simulation.network.captured) await simulation.playBack(copy.clone());
    expect(simulation.executions()).toBe(2);
  });

  it('waits for a budget and is admitted with the same signature', async () => {
    const simulation = simulate({
      method: 'POST',
      clientOffsetMs: 0,
      hops: [],
      maxNonces: 1000,
      limit: '1/2s',
      noise: 0,
    });
    expect((await simulation.call()).status).toBe(201);
    expect((await simulation.call()).status).toBe(201);
    const signatures = simulation.network.captured.map((request) => request.headers.get('authorization'));
    expect(signatures).toHaveLength(3);
    expect(signatures[1]).toBe(signatures[2]);
  });
});
