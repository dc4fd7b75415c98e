/**
 * What attacks on a budget share: a ledger of what was admitted when, and the one law that decides: no window of the
 * budget's length holds more than the budget.
 */
import { type Attack, gotThrough, notTried, type Result, refused } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import type { Budget } from '../probe/budget.js';
import type { Endpoint } from '../probe/endpoint.js';
import { evidence } from '../probe/evidence.js';
import type { Answer } from '../probe/exchange.js';
import { type Judgement, tellAnswers } from '../probe/judge.js';
import type { Plan } from '../probe/plan.js';
import { fieldOf, type RawRequest } from '../probe/raw-request.js';

/** One request that counts, and what became of it. Times are monotonic. */
export interface Entry {
  readonly what: string;
  readonly request: RawRequest;
  readonly answer: Answer;
  readonly judgement: Judgement;
  readonly sentMs: number;
  readonly answeredMs: number;
}

interface BudgetAttack {
  readonly id: string;
  readonly attack: string;
  readonly catalogue?: string;
  readonly requests: (budget: Budget, plan: Plan) => number;
  /** Whether the budget must be whole when it begins: the window is waited out. */
  readonly quiet?: boolean;
  /** A text says why nothing can be tried here. */
  readonly needs?: (plan: Plan) => string | undefined;
  /** The entries that the law is held to, or a result of its own. */
  readonly run: (attacker: Attacker, budget: Budget) => Promise<readonly Entry[] | Result>;
}

const MAX_LIMIT = 300;
const MAX_QUIET_MS = 120_000;
const MARGIN_MS = 100;
/** Two clocks do not run at quite the same speed. */
const CLOCK_TRUST = 0.999;

const ledgers = new WeakMap<Attacker, Entry[]>();

export function budgetAttack({ requests, run, needs, quiet = false, ...about }: BudgetAttack): Attack {
  return {
    ...about,
    group: 'limits',
    requests: (plan) =>
      plan.limit === undefined || tooLarge(plan.limit, quiet) !== undefined ? 0 : requests(plan.limit, plan),
    run: async (attacker) => {
      const { limit: budget } = attacker.plan;
      if (budget === undefined) return notTried(`say what the budget is by --limit${hint(attacker)}`);
      const lacking = needs?.(attacker.plan) ?? tooLarge(budget, quiet);
      if (lacking !== undefined) return notTried(lacking);
      if (quiet) await untilWhole(attacker, budget);
      const entries = await run(attacker, budget);
      return 'outcome' in entries ? entries : verdict(attacker, budget, entries);
    },
  };
}

/** Sends requests one after the other. @param stop whether the rest is left out after this entry */
export async function sendInTurn(
  attacker: Attacker,
  what: string,
  requests: Iterable<RawRequest>,
  { endpoint, stop = () => false }: { endpoint?: Endpoint; stop?: (entry: Entry) => boolean } = {},
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const request of requests) {
    const sentMs = performance.now();
    const answer = await attacker.sendOnce(request, endpoint);
    const entry = enter(attacker, { what, request, answer, sentMs });
    entries.push(entry);
    if (stop(entry)) break;
  }
  return entries;
}

/** Sends requests in the same moment. */
export async function sendAtOnce(
  attacker: Attacker,
  what: string,
  requests: readonly RawRequest[],
): Promise<Entry[]> {
  const sentMs = performance.now();
  const answers = await attacker.sendTogether(requests);
  return requests.map((request, i) =>
    enter(attacker, { what, request, answer: answers[i] ?? { failure: 'silent' }, sentMs }),
  );
}

/** Spends what is left of the budget. Whether it has an end. */
export async function exhaust(attacker: Attacker, { limit }: Budget): Promise<boolean> {
  const requests = (function* () {
    for (let i = 0; i <= limit; i++) yield attacker.sign();
  })();
  const entries = await sendInTurn(attacker, 'to spend the budget', requests, { stop: isLimited });
  return entries.some(isLimited);
}

export function isLimited({ answer }: Entry): boolean {
  return 'status' in answer && answer.status === 429;
}

export const ENDLESS: Result = notTried('the budget does not end here: see limit-sequential');

function enter(attacker: Attacker, sent: Omit<Entry, 'judgement' | 'answeredMs'>): Entry {
  const judgement = attacker.judge(sent.answer, sent.request);
  const entry = { ...sent, judgement, answeredMs: performance.now() };
  const entries = ledgers.get(attacker) ?? [];
  ledgers.set(attacker, entries);
  entries.push(entry);
  return entry;
}

/** The law, for windows in which at least one of these entries was admitted. */
function verdict(attacker: Attacker, { rate, limit, windowMs }: Budget, own: readonly Entry[]): Result {
  const admitted = (ledgers.get(attacker) ?? []).filter(isAdmitted);
  let fullest: readonly Entry[] = [];
  for (const last of own.filter(isAdmitted)) {
    const together = admitted.filter(
      ({ sentMs, answeredMs }) =>
        answeredMs <= last.answeredMs && last.answeredMs - sentMs < windowMs * CLOCK_TRUST,
    );
    if (together.length > fullest.length) fullest = together;
  }
  const last = own.findLast((entry) => fullest.includes(entry));
  if (fullest.length > limit && last !== undefined) {
    const firstMs = Math.min(...fullest.map(({ sentMs }) => sentMs));
    const spanS = (Math.max(...fullest.map(({ answeredMs }) => answeredMs)) - firstMs) / 1000;
    forget(attacker, own);
    const reason = `${fullest.length} accepted within ${spanS.toFixed(2)} s, the budget being ${rate}`;
    return gotThrough(reason, evidence(last.what, last.request, last.answer));
  }
  const told = tellAnswers(own.map(({ answer }) => answer));
  const decided = own.some((entry) => isLimited(entry) || entry.judgement !== 'undecided');
  return decided ? refused(told) : notTried(`the answers decide nothing: ${told}`);
}

function isAdmitted({ judgement }: Entry): boolean {
  return judgement === 'through';
}

/** What a hole has let in is no reason to find another attack a hole. */
function forget(attacker: Attacker, own: readonly Entry[]): void {
  const left = (ledgers.get(attacker) ?? []).filter((entry) => !own.includes(entry));
  ledgers.set(attacker, left);
}

async function untilWhole(attacker: Attacker, { windowMs }: Budget): Promise<void> {
  const waitMs = attacker.lastSentMs() + windowMs + MARGIN_MS - performance.now();
  if (waitMs <= 0) return;
  attacker.say(`waiting ${Math.ceil(waitMs / 1000)} s for the budget to be whole`);
  await attacker.pause(waitMs);
}

function tooLarge({ limit, windowMs, rate }: Budget, quiet: boolean): string | undefined {
  if (limit > MAX_LIMIT)
    return `${rate} is more than a probe may spend: try an instance with ${MAX_LIMIT} at most`;
  if (!quiet || windowMs <= MAX_QUIET_MS) return undefined;
  return `its window is too long to be waited out: try an instance with ${MAX_QUIET_MS / 60_000} m at most`;
}

/** What the endpoint itself says of its budgets. */
function hint({ baseline }: Attacker): string {
  const policy = fieldOf(baseline.answer.headers, 'ratelimit-policy');
  return policy === undefined ? '' : `; the endpoint says ${policy}`;
}

/** So that requests of an attack differ in no more than they are to. */
export type Diluted = readonly [what: string, request: RawRequest];

/** The budget is spent first; whatever is admitted then is too much. */
export function dilution({
  make,
  requests,
  ...about
}: Omit<BudgetAttack, 'run' | 'requests'> & {
  readonly requests: (plan: Plan) => number;
  readonly make: (attacker: Attacker) => readonly Diluted[];
}): Attack {
  return budgetAttack({
    ...about,
    requests: ({ limit }, plan) => limit + 1 + requests(plan),
    run: async (attacker, budget) => {
      if (!(await exhaust(attacker, budget))) return ENDLESS;
      const entries: Entry[] = [];
      for (const [what, request] of make(attacker)) {
        entries.push(...(await sendInTurn(attacker, what, [request])));
      }
      return entries;
    },
  });
}
