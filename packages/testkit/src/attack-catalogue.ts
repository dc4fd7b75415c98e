/**
 * The attack catalogue: every line with the place of its test. The lines are quoted word for word in the titles of
 * the tests; `catalogue.test.ts` holds the two together. It attacks nothing itself.
 */

/** Where a line comes from: write-ups of the field, today's libraries, reviews of this design. */
export type AttackSource = 'field' | 'libraries' | 'review';

/** One attack, and where it is tested: in a file of `test/attacks`, or `redis` with the Redis store. */
export interface Attack {
  readonly id: string;
  readonly line: string;
  readonly source: AttackSource;
  readonly testedIn: string;
}

function attack(source: AttackSource, testedIn: string, id: string, line: string): Attack {
  return { id, line, source, testedIn };
}

const field = (testedIn: string, id: string, line: string): Attack => attack('field', testedIn, id, line);
const libraries = (testedIn: string, id: string, line: string): Attack =>
  attack('libraries', testedIn, id, line);
const review = (testedIn: string, id: string, line: string): Attack => attack('review', testedIn, id, line);

/** All lines, in the order of the design. */
export const ATTACK_CATALOGUE: readonly Attack[] = [
  field('processes', 'worker-counters', 'counters per worker process, each with its own count'),
  field('endpoints', 'undecorated-endpoint', 'an endpoint that nobody decorated'),
  field('endpoints', 'spoofable-keys', 'keys from a spoofable address or an unverified header'),
  field(
    'counting',
    'diluted-budgets',
    'budgets diluted over many keys, many resource ids, many query variations',
  ),
  field('counting', 'edge-bursts', "bursts across a window's edge"),
  field('concurrency', 'read-then-write', 'read-then-write counters under concurrency'),
  field('concurrency', 'eventual-counts', 'eventually consistent counts'),
  field('signatures', 'uncovered-parts', 'signatures that leave out the query, a path parameter or the body'),
  field('replay', 'fast-replay', "replay inside the timestamp tolerance, faster than the limit's window"),
  field(
    'timestamps',
    'time-notation',
    'the same time in another notation (`+1`, `1e12`, leading zeros, fractions, NaN)',
  ),
  field('encodings', 'equivalent-encodings', 'equivalent encodings that split or merge budgets'),
  field('endpoints', 'brute-force', 'brute force against a token endpoint, by client and by user name'),
  field('endpoints', 'unmetered-endpoints', 'unmetered expensive and administrative endpoints'),

  libraries(
    'budgets',
    'denied-burns-budget',
    'a denied request that burns budget, or drains a sibling limit',
  ),
  libraries('budgets', 'sub-second-windows', 'sub-second windows that floor to zero and block for ever'),
  libraries('budgets', 'refund', 'a refund that grants more than was taken'),
  libraries('budgets', 'month-as-minute', 'a rate of `5/month` read as five a minute'),
  libraries('budgets', 'no-expiry', 'counters left without expiry'),
  libraries('budgets', 'wildcard-reset', 'a wildcard in a reset that clears other tenants'),
  libraries('redis', 'script-reload', 'script reload loops on any error'),
  libraries(
    'memory',
    'eviction',
    'an eviction that is itself the attack (junk keys push out the counter, junk nonces push out the nonce)',
  ),
  libraries('replay', 'nonce-before-mac', 'a nonce burnt before the MAC is checked'),
  libraries('replay', 'future-lifetime', "a nonce lifetime shorter than a future-dated request's"),
  libraries('restart', 'restart-or-step', 'a restart or clock step that reopens replay'),
  libraries('budgets', 'joined-keys', 'keys joined without delimiters'),
  libraries('strangers', 'mapped-addresses', 'IPv4-mapped addresses in one bucket'),
  libraries('outage', 'outage', 'outage as silent success'),
  libraries('timestamps', 'nan-time', '`ts` that parses to NaN'),
  libraries('signatures', 'unchecked-digest', 'a body hash that is sent but not checked'),
  libraries(
    'headers',
    'unbound-headers',
    'header names that are not bound, or absent headers that sign as empty',
  ),
  libraries('encodings', 'parameter-1001', 'a thousand-and-first parameter left out'),
  libraries('keys', 'proto', '`__proto__` as a parameter or key id'),
  libraries('encodings', 'repeated-parameters', 'repeated parameters collapsed'),
  libraries('encodings', 'invalid-utf8', 'invalid UTF-8 bytes conflated'),
  libraries('signatures', 'concatenation', 'concatenation without delimiters that lets a body become a path'),

  review('uploads', 'cut-upload', 'an upload cut after its headers that spends the nonce'),
  review('uploads', 'wrong-body', "a wrong body that spends a victim's nonce"),
  review('encodings', 'reordering', 'reordering `a+b` and `a%20b`, `a[b]` and `a`'),
  review('headers', 'split-header', 'a signed header split over two lines'),
  review('headers', 'injected-header', 'an injected method override, idempotency key or content encoding'),
  review('headers', 'kelvin-sign', 'U+212A and other characters that lower-case into ASCII'),
  review('hosts', 'two-hosts', 'two Host fields, or a Host that contradicts the absolute target'),
  review('hosts', 'other-service', 'a captured request played to another service that shares the keyring'),
  review('strangers', 'shared-address', 'junk from an address that customers share'),
  review(
    'tenants',
    'child-scopes',
    "a client that invents child scopes, or stops at the parent, to escape a tenant's budget",
  ),
  review('client-clock', 'steered-clock', "a recorded time or verdict played back to steer a client's clock"),
  review('client-calls', 'proxy-503', 'a proxy\'s 503 after execution taken for "not executed"'),
  review('client-calls', 'held-original', 'a copy admitted while the original is held until it is stale'),
  review('client-calls', 'fast-clock', "a fast clock's signature that becomes fresh later"),
  review('replay', 'two-times', 'a nonce admitted under one `ts` and again under another'),
  review('redis', 'deposed-master', 'a deposed Redis master that still answers'),
  review('redis', 'late-command', 'a command that runs after its deadline'),
  review('keys', 'moved-key', 'a key moved to another owner whose nonces stay behind'),
];
