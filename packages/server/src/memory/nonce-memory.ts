/**
 * What a store remembers of one key: its nonces while their signatures could be accepted, and a horizon over those
 * it has forgotten. Whatever is forgotten, by age or by cap, raises the horizon to its signed time, never to a clock
 * reading.
 */
import type { HashedNonce, HashSeed } from './nonce-hash.js';
import { createNonceIndex, findNonce, fitIndex, indexNonce, type NonceIndex } from './nonce-index.js';
import {
  appendNonce,
  createNonceRing,
  forgetFront,
  forgetFrontPage,
  frontPageLatestMs,
  frontSignedAtMs,
  type NonceRing,
} from './nonce-ring.js';

export interface NonceMemory {
  readonly ring: NonceRing;
  index: NonceIndex;
  /** The greatest signed time forgotten, whatever the cause, or declared dead to a client. */
  horizonMs: number;
  /** The greatest signed time forgotten because of the cap. */
  cappedMs: number;
  /** The wall clock when `cappedMs` last rose. */
  cappedAtMs: number;
}

/** Per visit: enough to keep up, too few to be felt. A page has 4096 nonces where there are many. */
const SHRINK_STEPS = 2;
const FORGET_STEPS = 8_192;

export function createNonceMemory(seed: HashSeed): NonceMemory {
  const ring = createNonceRing();
  const never = Number.NEGATIVE_INFINITY;
  return { ring, index: createNonceIndex(seed, ring), horizonMs: never, cappedMs: never, cappedAtMs: never };
}

export function remembers(memory: NonceMemory, nonce: HashedNonce): boolean {
  return findNonce(memory.index, memory.ring, nonce);
}

/** Adds a nonce that is not remembered. Above `maxNonces` the oldest goes. */
export function remember(
  memory: NonceMemory,
  nonce: HashedNonce,
  signedAtMs: number,
  maxNonces: number,
  nowMs: number,
): void {
  const { ring } = memory;
  indexNonce(memory.index, ring, nonce, appendNonce(ring, nonce, signedAtMs));
  fitIndex(memory.index, ring, 1);
  if (ring.count <= maxNonces) return;
  const forgottenMs = frontSignedAtMs(ring);
  forgetFront(ring);
  raiseHorizon(memory, forgottenMs);
  if (forgottenMs > memory.cappedMs) {
    memory.cappedMs = forgottenMs;
    memory.cappedAtMs = nowMs;
  }
}

/**
 * Forgets, oldest admission first, what was signed before `oldestMs`; whole pages at once, and no more than `maxSteps`
 * pages and single entries, so that tens of millions may expire between two admissions. What is left is still
 * remembered, and goes with the next visits.
 */
export function forgetExpired(memory: NonceMemory, oldestMs: number, maxSteps: number = FORGET_STEPS): void {
  const { ring } = memory;
  if (ring.count === 0) return;
  for (let step = 0; step < maxSteps && ring.count > 0; step++) {
    const pageLatestMs = frontPageLatestMs(ring);
    const signedAtMs = frontSignedAtMs(ring);
    if (pageLatestMs < oldestMs) {
      forgetFrontPage(ring);
      raiseHorizon(memory, pageLatestMs);
    } else if (signedAtMs < oldestMs) {
      forgetFront(ring);
      raiseHorizon(memory, signedAtMs);
    } else {
      break;
    }
  }
  if (ring.count > 0) fitIndex(memory.index, ring, SHRINK_STEPS);
  else memory.index = createNonceIndex(memory.index.seed, ring);
}

function raiseHorizon(memory: NonceMemory, forgottenMs: number): void {
  if (forgottenMs > memory.horizonMs) memory.horizonMs = forgottenMs;
}
