/** Requests that were admitted, for attacks that play them back. Several attacks share one: each costs budget. */
import type { Attacker } from '../probe/attacker.js';
import type { Answer } from '../probe/exchange.js';
import type { RawRequest } from '../probe/raw-request.js';

export interface Captured {
  readonly request: RawRequest;
  /** Monotonic. */
  readonly admittedMs: number;
}

/** Well within any tolerance. */
const FRESH_MS = 20_000;
const shared = new WeakMap<Attacker, Map<number, Captured>>();

/** A request that was admitted a short while ago; the answer where none is. */
export function capture(attacker: Attacker): Promise<Captured | Answer> {
  return sharedCapture(attacker, 0, FRESH_MS);
}

/** The same, however long ago it was. @param aheadMs by how much its signer's clock was ahead */
export function captureHeld(attacker: Attacker, aheadMs = 0): Promise<Captured | Answer> {
  return sharedCapture(attacker, aheadMs, Number.POSITIVE_INFINITY);
}

async function sharedCapture(
  attacker: Attacker,
  aheadMs: number,
  maxAgeMs: number,
): Promise<Captured | Answer> {
  const known = shared.get(attacker) ?? new Map<number, Captured>();
  shared.set(attacker, known);
  const last = known.get(aheadMs);
  if (last !== undefined && performance.now() - last.admittedMs < maxAgeMs) return last;
  const request = attacker.sign({ aheadMs });
  const answer = await attacker.send(request);
  if (attacker.judge(answer, request) !== 'through') return answer;
  const captured: Captured = { request, admittedMs: performance.now() };
  known.set(aheadMs, captured);
  return captured;
}
