/** Holes in time and in the memory of nonces. */
import type { Hole } from './hole.js';
import type { Memory } from './memory.js';
import type { Call } from './steps.js';

/** Admits the call that came first with its nonce, and no other. One that finds its budget spent may come again. */
function admitOnly(first: Map<string, Call>): (memory: Memory) => Memory {
  return (memory) => async (proved, call, status) => {
    const { nonce } = proved.request.authorization;
    if (first.get(nonce) !== call) return { code: 'replayed-nonce', levels: [] };
    const outcome = await memory(proved, call, status);
    if (outcome.code === 'rate-limited') first.delete(nonce);
    return outcome;
  };
}

export const REPLAY_HOLES: readonly Hole[] = [
  {
    name: 'never-stale',
    wrong: 'a signature never gets too old, and its nonce is forgotten when it should be',
    line: 'restart-or-step',
    break: (right) => ({
      freshness: (ts, nowMs) =>
        right.freshness(ts, nowMs) === 'future-timestamp' ? 'future-timestamp' : undefined,
    }),
    opens: ['stale-time'],
  },
  {
    name: 'never-future',
    wrong: 'a signature may be from any future',
    line: 'fast-clock',
    break: (right) => ({
      freshness: (ts, nowMs) =>
        right.freshness(ts, nowMs) === 'stale-timestamp' ? 'stale-timestamp' : undefined,
    }),
    opens: ['future-time'],
  },
  {
    name: 'no-replay-check',
    wrong: 'no nonce is remembered',
    line: 'fast-replay',
    break: () => ({ nonceName: () => crypto.randomUUID() }),
    opens: [
      'nonce-signed-again',
      'replay-after-wait',
      'replay-at-once',
      'replay-concurrent',
      'replay-future-dated',
      'replay-other-instance',
    ],
  },
  {
    name: 'nonce-after-handler',
    wrong: 'a nonce is looked up before the handler and written after it',
    line: 'read-then-write',
    break: () => ({ nonceWriteMs: 100 }),
    opens: ['replay-concurrent'],
  },
  {
    name: 'nonce-forgotten-early',
    wrong: 'a nonce is remembered for 4 seconds, and its signature is good for 300',
    line: 'fast-replay',
    break: () => ({ forgetAtMs: (_tsMs, nowMs) => nowMs + 4_000 }),
    waitS: 5,
    opens: ['replay-after-wait', 'replay-future-dated'],
  },
  {
    name: 'nonce-from-receipt',
    wrong: 'a nonce is remembered for the window from its receipt, so not to the end of a future-dated one',
    line: 'future-lifetime',
    break: (_right, { pastMs }) => ({ forgetAtMs: (_tsMs, nowMs) => nowMs + pastMs }),
    // So that a probe can outwait it.
    pastMs: 8_000,
    waitS: 9,
    opens: ['replay-future-dated'],
  },
  {
    name: 'nonce-with-ts',
    wrong: 'a nonce is remembered together with its time',
    line: 'two-times',
    break: (right) => ({
      nonceName: (proved, call) => `${right.nonceName(proved, call)} ${proved.request.authorization.ts}`,
    }),
    opens: ['nonce-signed-again'],
  },
  {
    name: 'nonce-with-body',
    wrong: 'a nonce is remembered together with the digest of its body',
    line: 'fast-replay',
    break: (right) => ({
      nonceName: (proved, call) => `${right.nonceName(proved, call)} ${proved.request.authorization.digest}`,
    }),
    opens: ['nonce-signed-again'],
  },
  {
    name: 'nonce-per-path',
    wrong: 'each path, as it is spelt, has a replay memory of its own',
    line: 'equivalent-encodings',
    break: (right) => ({ nonceName: (proved, call) => `${right.nonceName(proved, call)} ${call.target}` }),
    opens: ['replay-at-once'],
  },
  {
    name: 'nonce-before-mac',
    wrong: 'a nonce is burnt by whoever sends it, before the MAC is checked',
    line: 'nonce-before-mac',
    break: (right) => {
      const first = new Map<string, Call>();
      return {
        read: (call) => {
          const request = right.read(call);
          const { nonce } = request.authorization;
          first.set(nonce, first.get(nonce) ?? call);
          return request;
        },
        ask: admitOnly(first),
      };
    },
    opens: ['nonce-burnt-by-body', 'nonce-burnt-by-signature'],
  },
  {
    name: 'nonce-before-body',
    wrong: 'a nonce is claimed when the head was proved, before the body is',
    line: 'wrong-body',
    break: (right) => {
      const first = new Map<string, Call>();
      return {
        scope: (signed, route, call) => {
          const { nonce } = right.read(call).authorization;
          first.set(nonce, first.get(nonce) ?? call);
          return right.scope(signed, route, call);
        },
        ask: admitOnly(first),
      };
    },
    opens: ['nonce-burnt-by-body'],
  },
];
