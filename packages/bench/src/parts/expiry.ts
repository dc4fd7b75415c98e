/**
 * How long single calls take while a million nonces expire, and the one call that finds them all expired: the whole of
 * verify and admit beside the floor, and the admission by itself beside a loop that does nothing.
 */
import { quantile, settle } from '../alternate.js';
import type { Extent } from '../extent.js';
import { orderBody } from '../order-request.js';
import type { Comparison, Measured, Role, Row } from '../results.js';
import { benchSigner, benchVerifier, signedLines, verifyOrder } from '../subjects/countersign.js';
import { floor } from '../subjects/floor.js';
import { CHARGES } from '../subjects/limiters.js';
import { type SteppedStore, steppedStore } from '../subjects/stepped-store.js';

const WINDOW_MS = 310_000;
/** So many expire with each call. */
const EXPIRE_EACH = 8;
const BATCH = 500;
/** Calls before that, for code that has not run yet, as a share of those that are timed. */
const WARM_UP_SHARE = 0.1;
const BODY = orderBody('order');
const SHARES = [0.5, 0.99, 0.999, 1];

/** As long as an admission takes, about; it allocates nothing. */
const IDLE_STEPS = 1_000;

export async function measureExpiry({ nonces }: Extent): Promise<Measured> {
  const alone = measureAdmissions(nonces);
  const whole = measureVerification(nonces);
  return {
    comparisons: [...whole.comparisons, alone],
    figures: whole.figures,
  };
}

function measureVerification(nonces: number): Measured {
  const calls = nonces / EXPIRE_EACH;
  const held = steppedStore({ forVerifier: true });
  const verifier = benchVerifier(held.store, held.nowMs);
  let signingMs = held.nowMs();
  const signer = benchSigner('key_live_1', () => signingMs);
  fillOverWindow(held, nonces);
  signingMs = held.nowMs();
  const { call } = floor(BODY, 'bytes');
  for (let count = 0; count < WARM_UP_SHARE * calls; count++) {
    verifyOrder(verifier, signedLines(signer, BODY), BODY);
    call(undefined);
  }
  const floorUs = new Float64Array(calls);
  const tookUs = new Float64Array(calls);
  for (let start = 0; start < calls; start += BATCH) {
    // Signed ahead, with the time that it will be then.
    const requests = Array.from({ length: Math.min(BATCH, calls - start) }, (_, index) => {
      signingMs += stepMs(start + index, calls);
      return signedLines(signer, BODY);
    });
    settle();
    requests.forEach((lines, index) => {
      held.advance(stepMs(start + index, calls));
      tookUs[start + index] = timeUs(() => verifyOrder(verifier, lines, BODY));
      floorUs[start + index] = timeUs(() => call(undefined));
    });
  }
  if (held.store.size > 2 * calls) throw new Error(`${held.store.size} nonces are left`);

  for (let count = 0; count < nonces; count++) held.admit();
  held.advance(2 * WINDOW_MS);
  signingMs = held.nowMs();
  const last = signedLines(signer, BODY);
  const atOnceUs = timeUs(() => verifyOrder(verifier, last, BODY));
  const rows = [
    ...rowsOf('floor: SHA-256 and HMAC', 'floor', floorUs),
    ...rowsOf('verify and admit', 'us', tookUs),
    single('the one call that finds all expired', 'us', atOnceUs),
  ];
  const comparison: Comparison = {
    id: 'expiry',
    title: `Single calls while ${nonces.toLocaleString('en')} nonces expire`,
    unit: 'µs',
    better: 'less',
    rows,
    notes: [
      'Every call timed by itself, the two in turns. The longest pause of the floor is what the machine and the garbage collector do to calls that remember nothing.',
    ],
  };
  const p999Us = quantile(tookUs, 0.999);
  return {
    comparisons: [comparison],
    figures: {
      'expiry-p999-ms': p999Us / 1_000,
      'expiry-longest-ms': Math.max(quantile(tookUs, 1), atOnceUs) / 1_000,
    },
  };
}

/** The store by itself: what is its own share of the pauses, and what is the machine's. */
function measureAdmissions(nonces: number): Comparison {
  const calls = nonces / EXPIRE_EACH;
  const held = steppedStore();
  fillOverWindow(held, nonces);
  const idleUs = new Float64Array(calls);
  const tookUs = new Float64Array(calls);
  for (let count = 0; count < calls; count++) {
    held.advance(stepMs(count, calls));
    tookUs[count] = timeUs(() => held.admit(CHARGES));
    idleUs[count] = timeUs(idle);
  }
  for (let count = 0; count < nonces; count++) held.admit();
  held.advance(2 * WINDOW_MS);
  const atOnceUs = timeUs(() => held.admit(CHARGES));
  return {
    id: 'expiry-admission',
    title: `Single admissions while ${nonces.toLocaleString('en')} nonces expire`,
    unit: 'µs',
    better: 'less',
    rows: [
      ...rowsOf('a loop that does nothing', 'floor', idleUs),
      ...rowsOf('admission', 'us', tookUs),
      single('the one admission that finds all expired', 'us', atOnceUs),
    ],
    notes: ['Two budgets. What pauses the loop that does nothing is the machine.'],
  };
}

function fillOverWindow({ advance, admit }: SteppedStore, nonces: number): void {
  for (let count = 0; count < nonces; count++) {
    advance(stepMs(count, nonces));
    admit();
  }
}

function idle(): number {
  let sum = 0;
  for (let step = 0; step < IDLE_STEPS; step++) sum ^= step;
  return sum;
}

/** How far the clock goes on with the n-th of so many calls, which one acceptance window is spread over. */
function stepMs(count: number, calls: number): number {
  return Math.floor(((count + 1) * WINDOW_MS) / calls) - Math.floor((count * WINDOW_MS) / calls);
}

function rowsOf(name: string, role: Role, tookUs: Float64Array): Row[] {
  return SHARES.map((share) =>
    single(`${name}, ${share === 1 ? 'longest' : `p${share * 100}`}`, role, quantile(tookUs, share)),
  );
}

function single(name: string, role: Role, value: number): Row {
  return { name, role, value, low: value, high: value };
}

function timeUs(call: () => unknown): number {
  const startedNs = process.hrtime.bigint();
  call();
  return Number(process.hrtime.bigint() - startedNs) / 1_000;
}
