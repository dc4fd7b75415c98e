/**
 * A budget's window: bursts across its edge, wherever that lies, and what refused requests cost. The window is waited out
 * several times.
 */
import { type Attack, gotThrough, notTried, refused } from '../probe/attack.js';
import { type Attacker, waitOf } from '../probe/attacker.js';
import type { Budget } from '../probe/budget.js';
import { evidence } from '../probe/evidence.js';
import { tellAnswer } from '../probe/judge.js';
import type { RawRequest } from '../probe/raw-request.js';
import { withParameters } from '../probe/sign.js';
import { body } from './changes.js';
import { budgetAttack, ENDLESS, type Entry, exhaust, isLimited, sendAtOnce, sendInTurn } from './spending.js';

const EDGE_BURSTS = "bursts across a window's edge";
const DENIED_BURNS = 'a denied request that burns budget, or drains a sibling limit';
const EDGE_MS = 20;
/** How long a burst takes, roughly. */
const BURST_MS = 300;
const STEPS = 20;
/** `Retry-After` is rounded up to seconds. */
const ROUNDING_MS = 1_000;

const denied = budgetAttack({
  id: 'limit-denied',
  attack:
    'More refused requests than the budget holds, with wrong signatures and wrong bodies; then one that must be accepted.',
  catalogue: DENIED_BURNS,
  quiet: true,
  requests: ({ limit }) => 2 * (limit + 1) + 1,
  run: async (attacker, { limit, windowMs }) => {
    for (let i = 0; i <= limit; i++) {
      for (const request of spoiled(attacker)) await attacker.sendOnce(request);
    }
    const original = attacker.sign();
    const answer = await attacker.sendOnce(original);
    const told = tellAnswer(answer);
    if (attacker.judge(answer, original) === 'through')
      return refused(`a request after them was accepted (${told})`);
    if ('status' in answer && answer.status === 429) {
      const longer = (waitOf(answer) ?? 0) > windowMs + ROUNDING_MS;
      if (longer) return notTried(`another budget is spent, of a longer window (${told})`);
      const reason = `refused requests have spent the budget (${told})`;
      return gotThrough(reason, evidence('after refused requests', original, answer));
    }
    return notTried(`the answer after them decides nothing: ${told}`);
  },
});

const deniedNonce = budgetAttack({
  id: 'limit-denied-nonce',
  attack:
    'A request that found the budget spent is sent again after the wait it was told; it must be accepted.',
  catalogue: DENIED_BURNS,
  requests: ({ limit }) => limit + 3,
  run: async (attacker, budget) => {
    if (!(await exhaust(attacker, budget))) return ENDLESS;
    const original = attacker.sign();
    const [first] = await sendInTurn(attacker, 'when the budget is spent', [original]);
    if (first === undefined || !isLimited(first)) return notTried('the budget was whole again too early');
    const answer = await attacker.send(original);
    const told = tellAnswer(answer);
    switch (attacker.judge(answer, original)) {
      case 'through':
        return refused(`accepted after the wait (${told})`);
      case 'refused': {
        const reason = `refused after the wait (${told}): the refusal has spent its nonce`;
        return gotThrough(reason, evidence('the same request after the wait', original, answer));
      }
      case 'undecided':
        return notTried(`the answer after the wait decides nothing: ${told}`);
    }
  },
});

const deniedBudget = budgetAttack({
  id: 'limit-denied-budget',
  attack:
    'While the budget is spent, as many requests again are refused; the first of them must be accepted after the wait it was told.',
  catalogue: DENIED_BURNS,
  // Spent at once, so that all of it comes back at one time.
  quiet: true,
  requests: ({ limit }) => 2 * limit + 3,
  run: async (attacker, budget) => {
    if (!(await exhaust(attacker, budget))) return ENDLESS;
    const original = attacker.sign();
    const [first] = await sendInTurn(attacker, 'when the budget is spent', [original]);
    const waitMs = first && isLimited(first) ? waitOf(first.answer) : undefined;
    if (first === undefined || waitMs === undefined) return notTried('no wait was told');
    // Late, so that they would still be counted when the wait is over.
    await attacker.pause(waitMs / 2);
    const more = Array.from({ length: budget.limit }, () => attacker.sign());
    const others = await sendInTurn(attacker, 'while it is spent', more, {
      stop: (entry) => !isLimited(entry),
    });
    if (!others.every(isLimited)) return notTried('the budget was whole again before the wait was over');
    await attacker.pause(Math.max(0, first.answeredMs + waitMs - performance.now()));
    const answer = await attacker.sendOnce(original);
    const told = tellAnswer(answer);
    if (attacker.judge(answer, original) === 'through') return refused(`accepted after the wait (${told})`);
    if ('status' in answer && answer.status === 429) {
      const reason = `after the wait the budget is still spent (${told}): by requests that were refused`;
      return gotThrough(reason, evidence('after the wait', original, answer));
    }
    return notTried(`the answer after the wait decides nothing: ${told}`);
  },
});

const clockEdge = budgetAttack({
  id: 'limit-window-edge',
  attack:
    "The whole budget just before the clock's next multiple of the window, and once more just after it.",
  catalogue: EDGE_BURSTS,
  quiet: true,
  requests: ({ limit }) => 3 * limit,
  run: async (attacker, budget) => {
    const { windowMs } = budget;
    for (const leadMs of [Math.min(windowMs / 4, BURST_MS), windowMs / 2]) {
      await untilPhase(attacker, budget, windowMs - leadMs);
      const before = await burst(attacker, budget);
      if (Date.now() % windowMs < windowMs - leadMs) {
        // The edge has passed meanwhile: once more, with more time.
        await attacker.pause(windowMs);
        continue;
      }
      await untilPhase(attacker, budget, EDGE_MS);
      return [...before, ...(await burst(attacker, budget))];
    }
    return notTried('a burst of the whole budget takes longer than half of its window');
  },
});

const firstRequestWindow = budgetAttack({
  id: 'limit-first-window',
  attack:
    'One request that may open a window, the rest of the budget just before that ends, and the whole just after.',
  catalogue: EDGE_BURSTS,
  quiet: true,
  requests: ({ limit }) => 2 * limit,
  run: async (attacker, budget) => {
    const { limit, windowMs } = budget;
    const first = await sendInTurn(attacker, 'that opens a window', [attacker.sign()]);
    const openedMs = performance.now();
    await attacker.pause(windowMs - Math.min(windowMs / 4, BURST_MS));
    const before = await burst(attacker, budget, limit - 1);
    await attacker.pause(Math.max(0, openedMs + windowMs + EDGE_MS - performance.now()));
    return [...first, ...before, ...(await burst(attacker, budget))];
  },
});

const refill = budgetAttack({
  id: 'limit-refill',
  attack: 'The whole budget at once, then one request after the other until the window is over.',
  catalogue: EDGE_BURSTS,
  quiet: true,
  requests: ({ limit }) => limit + STEPS,
  run: async (attacker, budget) => {
    const { windowMs } = budget;
    const startedMs = performance.now();
    const entries = [...(await burst(attacker, budget))];
    for (let step = 1; step <= STEPS; step++) {
      const atMs = startedMs + (step * windowMs * 0.97) / STEPS;
      await attacker.pause(Math.max(0, atMs - performance.now()));
      entries.push(...(await sendInTurn(attacker, 'before the window is over', [attacker.sign()])));
    }
    return entries;
  },
});

export const deniedAttacks: readonly Attack[] = [denied];
export const windowAttacks: readonly Attack[] = [
  deniedNonce,
  deniedBudget,
  clockEdge,
  firstRequestWindow,
  refill,
];

function burst(attacker: Attacker, { limit }: Budget, requests: number = limit): Promise<Entry[]> {
  return sendAtOnce(
    attacker,
    "at the window's edge",
    Array.from({ length: requests }, () => attacker.sign()),
  );
}

/** Waits until the wall clock is so far into a window that is counted from its epoch. */
async function untilPhase(attacker: Attacker, { windowMs }: Budget, phaseMs: number): Promise<void> {
  const waitMs = (phaseMs - (Date.now() % windowMs) + windowMs) % windowMs;
  attacker.say(`waiting ${Math.ceil(waitMs / 1000)} s for the edge of a window`);
  await attacker.pause(waitMs);
}

/** A wrong signature, and a wrong body under a right one. */
function spoiled(attacker: Attacker): readonly RawRequest[] {
  const wrong = withParameters(attacker.plan, attacker.sign(), { sig: '0'.repeat(64) });
  const other = body((bytes) => Buffer.concat([bytes, Buffer.from(' ')]))(attacker.sign(), attacker.plan);
  return other === undefined ? [wrong] : [wrong, other];
}
