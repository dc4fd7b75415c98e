/**
 * Three minutes at an API that some partners use and some people attack, judged by a real verifier, in a few seconds.
 * The same every time: what is random comes from a seed.
 */
import { createSigner } from '@countersign/client';
import { createVerifier, keyring, type VerdictEvent } from '@countersign/server';
import { vi } from 'vitest';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const LENGTH_MS = 178_000;
const STEP_MS = 100;
const AUDIENCE = 'api.example.com';

/** A request as it is signed, and what a thief may change of it before it arrives. */
interface Sent {
  readonly key: string;
  readonly scope: string;
  readonly method?: string;
  readonly target: string;
  readonly arrives?: string;
  readonly signedAgoMs?: number;
  readonly times?: number;
  readonly address?: string;
  readonly unsigned?: true;
}

/** Lives through the three minutes up to now, with the clocks of this process turned back. Gives when they ended. */
export async function liveThreeMinutes(onVerdict: (event: VerdictEvent) => void): Promise<number> {
  const realNow = performance.now.bind(performance);
  vi.useFakeTimers({ now: Date.now() - LENGTH_MS, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    let steppedAt = realNow();
    // Between steps time goes on as it does, so that each verdict took as long as it took.
    const now = (): number => Date.now() + Math.min(STEP_MS, realNow() - steppedAt);
    const send = sender(now, onVerdict);
    const random = mulberry32(7);
    for (let step = 0; step < LENGTH_MS / STEP_MS; step++) {
      steppedAt = realNow();
      for (const sent of sentIn(step, random)) await send(sent);
      vi.advanceTimersByTime(STEP_MS);
    }
    vi.advanceTimersByTime(300);
    return Date.now();
  } finally {
    vi.useRealTimers();
  }
}

function sender(now: () => number, onVerdict: (event: VerdictEvent) => void): (sent: Sent) => Promise<void> {
  const partner = (owner: string) => ({ secret: SECRET, owner, scopes: ['orders', 'reports'] });
  const verifier = createVerifier({
    keys: keyring({
      nordwind_1: partner('nordwind'),
      nordwind_2: partner('nordwind'),
      tiendita_live: partner('tiendita'),
      fabrik_eu: partner('fabrik-7'),
    }),
    audience: AUDIENCE,
    limits: {
      '*': '900/m',
      orders: '600/m',
      'orders:write': ['120/m', '20/s'],
      'orders:write:+': '90/m',
      reports: '6/m',
    },
    now,
    onVerdict,
  });
  return async ({
    key,
    scope,
    method = 'GET',
    target,
    arrives,
    signedAgoMs = 0,
    times = 1,
    address,
    unsigned,
  }) => {
    const signer = createSigner({
      keyId: key,
      secret: SECRET,
      scope,
      now: () => Math.floor(now()) - signedAgoMs,
    });
    const fields = unsigned ? {} : signer.sign({ method, url: `https://${AUDIENCE}${target}` });
    const headers = Object.entries({ host: AUDIENCE, ...fields });
    const request = { method, target: arrives ?? target, headers, address: address ?? '198.51.100.24' };
    const route = { scope: scope.split(':').slice(0, 2).join(':'), children: true, body: new Uint8Array() };
    for (let i = 0; i < times; i++) await verifier.verify(request, route);
  };
}

/** What is sent in a step: business as it ebbs and flows, mistakes, and now and then an attack. */
function* sentIn(step: number, random: () => number): Generator<Sent> {
  const second = (step * STEP_MS) / 1000;
  const chance = (perSecond: number): boolean => random() < (perSecond * STEP_MS) / 1000;
  const order = 8_000 + Math.floor(random() * 900);
  const flow = 1 + 0.55 * Math.sin(second / 17) + 0.25 * Math.sin(second / 5);

  if (chance(4 * flow))
    yield { key: 'nordwind_1', scope: 'orders', target: '/v1/orders?limit=50&cursor=c8f1' };
  if (chance(3 * flow)) yield { key: 'nordwind_2', scope: 'orders', target: `/v1/orders/${order}` };
  if (chance(2.2 * flow))
    yield { key: 'tiendita_live', scope: 'orders', target: `/v1/orders/${order}?expand=items` };
  if (chance(0.8 * flow)) yield post('nordwind_1', 'orders:write:tenant-42', '/v1/orders');
  if (chance(0.5 * flow)) yield post('nordwind_2', 'orders:write:tenant-7', '/v1/orders');
  if (chance(0.7 * flow)) yield post('tiendita_live', 'orders:write', '/v1/orders');
  if (chance(1.4)) yield { key: 'fabrik_eu', scope: 'orders', target: `/v1/orders/${order}/lines` };
  if (chance(0.11)) yield { key: 'fabrik_eu', scope: 'reports', target: '/v1/reports/daily?day=today' };

  if (chance(0.08)) yield { key: 'fabrik_eu', scope: 'orders', target: '/v1/orders', signedAgoMs: 412_000 };
  if (chance(0.05)) yield { key: 'tiendita_live', scope: 'billing', target: '/v1/invoices' };
  if (chance(0.06))
    yield { key: 'nobody', unsigned: true, scope: 'orders', target: '/v1/orders', address: '203.0.113.9' };

  // Somebody plays a captured order again; somebody changes what others signed; a loop without a brake.
  if ([52, 53, 54, 131, 171].includes(second))
    yield { ...post('nordwind_1', 'orders:write:tenant-42', '/v1/orders'), times: 9 };
  if (second >= 86 && second < 92) {
    const forged = { arrives: `/v1/orders/${order}?amount=9999`, address: '203.0.113.77' };
    yield { key: 'tiendita_live', scope: 'orders', target: `/v1/orders/${order}?amount=1`, ...forged };
  }
  if (second >= 112 && second < 124 && chance(9)) yield post('fabrik_eu', 'orders:write', '/v1/orders');
  if (second >= 150 && second < 166) yield post('fabrik_eu', 'orders:write', '/v1/orders');
}

function post(key: string, scope: string, target: string): Sent {
  return { key, scope, method: 'POST', target };
}

function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
