/** Whether an admission costs more when much is remembered: ten million live nonces against a thousand. */
import type { Verifier } from '@countersign/server';
import { rowsOf, type Subject, settle, takeTurns } from '../alternate.js';
import type { Extent } from '../extent.js';
import { orderBody } from '../order-request.js';
import type { Comparison, Measured } from '../results.js';
import { benchSigner, benchVerifier, signedLines, verifyOrder } from '../subjects/countersign.js';
import { CHARGES } from '../subjects/limiters.js';
import { type SteppedStore, steppedStore } from '../subjects/stepped-store.js';

const FEW = 1_000;
/** How long a nonce stays live: the acceptance window, both sides. */
const WINDOW_MS = 310_000;
const CALLS = 2_000;
const BODY = orderBody('order');

export async function measureLiveNonces(extent: Extent): Promise<Measured> {
  const stores = [FEW, extent.manyNonces].map(filledStore);
  const parts = [
    { id: 'admission', title: 'An admission with two budgets', subjects: stores.map(admission) },
    { id: 'verify', title: 'Verifying and admitting', subjects: stores.map(verification) },
  ];
  const comparisons: Comparison[] = [];
  const figures: Record<string, number> = {};
  for (const { id, title, subjects } of parts) {
    const rows = rowsOf(subjects, await takeTurns(subjects, extent));
    comparisons.push({
      id: `live-${id}`,
      title: `${title}, by nonces that are live`,
      unit: 'µs',
      better: 'less',
      rows,
      notes: ['With each admission about one nonce expires, so their number stays.'],
    });
    figures[`live-${id}`] = rows[1]?.ratio ?? Number.NaN;
  }
  return { comparisons, figures };
}

interface FilledStore extends SteppedStore {
  readonly nonces: number;
  /** Moves the clock so that as many nonces expire as are admitted. */
  readonly step: () => void;
  readonly verifier: Verifier;
}

function filledStore(nonces: number): FilledStore {
  const held = steppedStore({ forVerifier: true });
  const verifier = benchVerifier(held.store, held.nowMs);
  const step = stepper(held, nonces);
  for (let count = 0; count < nonces; count++) {
    step();
    held.admit();
  }
  return { ...held, nonces, step, verifier };
}

function admission({ nonces, step, admit }: FilledStore): Subject {
  return subject(nonces, async () => {
    const startedNs = process.hrtime.bigint();
    for (let count = 0; count < CALLS; count++) {
      step();
      admit(CHARGES);
    }
    return Number(process.hrtime.bigint() - startedNs) / 1_000 / CALLS;
  });
}

function verification({ nonces, step, nowMs, verifier }: FilledStore): Subject {
  let signingMs = nowMs();
  const signer = benchSigner('key_live_1', () => signingMs);
  return subject(nonces, async () => {
    const startMs = nowMs();
    const requests = Array.from({ length: CALLS }, (_, count) => {
      // Signed ahead, with the time that it will be then.
      signingMs = startMs + (count * WINDOW_MS) / nonces;
      return signedLines(signer, BODY);
    });
    settle();
    const startedNs = process.hrtime.bigint();
    for (const lines of requests) {
      step();
      verifyOrder(verifier, lines, BODY);
    }
    return Number(process.hrtime.bigint() - startedNs) / 1_000 / CALLS;
  });
}

function subject(nonces: number, turn: Subject['turn']): Subject {
  const name = `${nonces.toLocaleString('en')} live nonces`;
  return { name, role: nonces === FEW ? 'floor' : 'us', turn };
}

/** Moves the clock so that one acceptance window goes by in this many steps. */
function stepper({ advance }: SteppedStore, nonces: number): () => void {
  let dueMs = 0;
  return () => {
    dueMs += WINDOW_MS / nonces;
    const ms = Math.floor(dueMs);
    if (ms === 0) return;
    dueMs -= ms;
    advance(ms);
  };
}
