/** What is to be reached (by Node 20 on a quiet machine), and whether it was. */

interface Target {
  readonly what: string;
  /** The name of its figure. */
  readonly figure: string;
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  readonly unit: '×' | '%' | 'bytes' | 'ms' | 'KiB';
}

export interface Judged extends Target {
  readonly measured: number;
  readonly reached: boolean;
}

export const TARGETS: readonly Target[] = [
  atMost('`signer.sign`, of the floor', 'sign', 1.5, '×'),
  atMost('the same, of createHash and createHmac', 'sign-usual', 1.5, '×'),
  atMost('verify and admit on the memory store, two budgets, of the floor', 'verify', 2.2, '×'),
  atMost('the same, of createHash and createHmac', 'verify-usual', 2.2, '×'),
  atLeast('Hono with the verifier, of the same app without', 'hono', 78, '%'),
  atLeast('Express 5 with the verifier, of the same app without', 'express', 85, '%'),
  atLeast('Redis, one budget, of a script with SET NX and one budget', 'redis-1', 90, '%'),
  atLeast('Redis, three budgets, of the same', 'redis-3', 80, '%'),
  atMost('memory for a live nonce, in process', 'memory', 32, 'bytes'),
  atMost('an admission with 10,000,000 live nonces, of one with 1,000', 'live-admission', 1.5, '×'),
  atMost('verify and admit with 10,000,000 live nonces, of that with 1,000', 'live-verify', 1.5, '×'),
  atMost('p99.9 of verify and admit while a million nonces expire', 'expiry-p999-ms', 2, 'ms'),
  atMost('the longest pause while they do', 'expiry-longest-ms', 2, 'ms'),
  atMost('`createSigner` and `createFetch` for browsers, minified and gzipped', 'bundle', 6.5, 'KiB'),
  atMost('what 16 KiB of body add to a call, of SHA-256 alone', 'body-16k-added', 1.05, '×'),
  atMost('what 1 MiB of body adds to a call, of SHA-256 alone', 'body-1m-added', 1.05, '×'),
  atMost('the whole call with 16 KiB, of SHA-256 alone', 'body-16k-whole', 1.05, '×'),
  atMost('the whole call with 1 MiB, of SHA-256 alone', 'body-1m-whole', 1.05, '×'),
  ...(
    [
      ['unsigned', 'unsigned'],
      ['wrongly signed', 'wrong'],
      ['replayed', 'replayed'],
      ['over-limit', 'limited'],
    ] as const
  ).map(([name, id]) =>
    atLeast(
      `good traffic beside a flood of ${name} requests, of what it gets beside an open route`,
      `attack-${id}`,
      80,
      '%',
    ),
  ),
];

/** Judges the targets whose figures were measured. */
export function judge(figures: Readonly<Record<string, number>>): readonly Judged[] {
  return TARGETS.flatMap((target) => {
    const figure = figures[target.figure];
    if (figure === undefined) return [];
    const measured = target.unit === '%' ? figure * 100 : figure;
    const reached = target.bound === 'at most' ? measured <= target.limit : measured >= target.limit;
    return [{ ...target, measured, reached }];
  });
}

function atMost(what: string, figure: string, limit: number, unit: Target['unit']): Target {
  return { what, figure, bound: 'at most', limit, unit };
}

function atLeast(what: string, figure: string, limit: number, unit: Target['unit']): Target {
  return { what, figure, bound: 'at least', limit, unit };
}
