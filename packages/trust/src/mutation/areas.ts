/**
 * What is mutated, and by which tests: each area is the files of one rule or a few, with the tests that are to notice,
 * nearest first. A mutant that these tests let live is a survivor, whatever a test further away may say.
 */

export interface Area {
  /** `package/what`. */
  readonly name: string;
  /** Files below the package's `src`. */
  readonly mutate: readonly string[];
  /** Test files below `packages`, in the order in which they run. */
  readonly tests: readonly string[];
}

/** Some of whose tests take seconds. */
const SLOW = new Set([
  'server/cached-keys',
  'server/failures',
  'server/memory-budgets',
  'server/memory-nonces',
  'server/memory-store',
]);

/** Far above what a test takes: one that runs out of time passes for a mutant killed, and machines are busy. */
export function testTimeoutMs({ name }: Area): number {
  return SLOW.has(name) ? 60_000 : 15_000;
}

const canonical = (what: string, mutate: readonly string[], more: readonly string[]): Area => ({
  name: `canonical/${what}`,
  mutate,
  tests: more.map((test) => `canonical/test/${test}.test.ts`),
});
const server = (
  what: string,
  mutate: readonly string[],
  near: readonly string[],
  far: readonly string[] = [],
): Area => ({
  name: `server/${what}`,
  mutate,
  tests: [
    ...near.map((test) => `server/test/${test}.test.ts`),
    ...far.map((test) => `testkit/test/${test}.test.ts`),
  ],
});

export const AREAS: readonly Area[] = [
  canonical(
    'authorization',
    ['authorization.ts'],
    ['authorization', 'messages', 'request', 'canonical-string'],
  ),
  canonical(
    'names',
    ['field-names.ts', 'method.ts', 'scope.ts'],
    ['field-names', 'method', 'scope', 'request', 'canonical-string'],
  ),
  canonical(
    'audience',
    ['authority.ts', 'audience.ts'],
    ['authority', 'audience', 'messages', 'target', 'request'],
  ),
  canonical(
    'target',
    ['target.ts', 'path.ts', 'query.ts', 'percent.ts'],
    ['target', 'path', 'query', 'percent', 'messages'],
  ),
  canonical(
    'request',
    ['request.ts', 'fields.ts', 'errors.ts'],
    ['request', 'fields', 'messages', 'audience', 'vectors'],
  ),
  canonical('canonical-string', ['canonical-string.ts'], ['canonical-string', 'messages', 'vectors']),
  canonical(
    'explain',
    ['explain.ts', 'explain-causes.ts', 'explain-target.ts', 'debug-field.ts'],
    ['explain', 'explain-edges', 'debug-field', 'messages'],
  ),
  canonical('pasted', ['pasted.ts'], ['pasted']),
  canonical(
    'secret',
    ['secret.ts', 'constant-time.ts', 'wrong-option.ts'],
    ['secret', 'messages', 'constant-time', 'wrong-option'],
  ),
  canonical('verdict-field', ['verdict-field.ts'], ['verdict-field']),
  canonical('hash', ['hash/node.ts', 'hash/noble.ts'], ['hash']),
  server(
    'steps',
    [
      'steps/find-key.ts',
      'steps/prove.ts',
      'steps/freshness.ts',
      'steps/scope.ts',
      'steps/body.ts',
      'steps/admit.ts',
      'steps/ask-store.ts',
    ],
    ['steps/scope', 'steps/prove', 'steps/asking', 'steps/body', 'reasons', 'verifier', 'deadline'],
    [
      'attacks/keys',
      'attacks/signatures',
      'attacks/tenants',
      'attacks/timestamps',
      'attacks/outage',
      'attacks/uploads',
      'attacks/concurrency',
      'laws/l12-unavailable',
    ],
  ),
  server(
    'verification',
    [
      'verify-head.ts',
      'proved-head.ts',
      'refusals.ts',
      'answer.ts',
      'signed-request.ts',
      'verdict.ts',
      'deadline.ts',
      'acceptance-window.ts',
      'clock.ts',
    ],
    ['clock', 'deadline', 'refusals', 'reasons', 'unread-body', 'observer', 'verifier'],
    [
      'attacks/strangers',
      'attacks/keys',
      'attacks/timestamps',
      'attacks/replay',
      'attacks/outage',
      'attacks/uploads',
    ],
  ),
  server(
    'limits',
    ['limits.ts', 'rate.ts'],
    ['limits', 'rate', 'verifier'],
    ['attacks/budgets', 'attacks/tenants'],
  ),
  server('rate-window', ['rate-window.ts'], ['rate-window'], ['attacks/counting']),
  server('rate-limit-fields', ['rate-limit-fields.ts'], ['rate-limit-fields', 'verifier']),
  server('route-scopes', ['route-scopes.ts'], ['route-scopes'], ['attacks/endpoints']),
  server(
    'keys',
    ['keys/key.ts', 'keys/keyring.ts', 'keys/directory.ts'],
    ['keys/keyring', 'keys/key', 'keys/own-directory'],
    ['attacks/keys'],
  ),
  server(
    'cached-keys',
    ['keys/cached-directory.ts', 'keys/question-pool.ts', 'keys/bounded-map.ts'],
    ['keys/question-pool', 'keys/own-directory', 'keys/cached-directory', 'keys/cached-directory.model'],
  ),
  server(
    'failures',
    ['failures/failure-meter.ts', 'failures/client-address.ts'],
    ['failures/failure-meter', 'failures/client-address'],
    ['attacks/strangers'],
  ),
  server(
    'memory-budgets',
    ['memory/budget-table.ts', 'memory/idle-queue.ts', 'memory/rotation.ts'],
    ['memory/idle-queue', 'memory/budget-table'],
    ['stores/memory-store'],
  ),
  server(
    'memory-horizon',
    [
      'memory/horizon-file.ts',
      'memory/horizon-lock.ts',
      'memory/horizon-record.ts',
      'memory/high-water-mark.ts',
      'memory/no-horizon-file.ts',
    ],
    ['memory/horizon-record', 'memory/high-water-mark', 'memory/horizon-lock', 'memory/horizon-file'],
  ),
  server(
    'memory-store',
    ['memory/memory-store.ts', 'memory/memory-store-options.ts'],
    ['memory/memory-store-edges', 'memory/memory-store', 'memory/nonce-table'],
    ['attacks/memory', 'stores/memory-store'],
  ),
  server(
    'memory-nonces',
    [
      'memory/nonce-hash.ts',
      'memory/nonce-table.ts',
      'memory/nonce-bucket.ts',
      'memory/bucket-pages.ts',
      'memory/nonce-ring.ts',
      'memory/nonce-index.ts',
      'memory/nonce-memory.ts',
    ],
    [
      'memory/nonce-hash',
      'memory/nonce-sizes',
      'memory/nonce-table',
      'memory/nonce-bucket',
      'memory/nonce-memory',
    ],
  ),
];
