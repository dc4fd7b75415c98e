/** The options of a verifier: what they mean, their defaults, and their checks. */
import { type Audience, type RequestPolicy, requestPolicy, type SecretKey } from '@countersign/canonical';
import { type AcceptanceWindow, acceptanceWindow, type Tolerance } from './acceptance-window.js';
import { createClock } from './clock.js';
import { type FailureMeter, type FailureOptions, failureMeter } from './failures/failure-meter.js';
import type { KeyDirectory } from './keys/directory.js';
import { type CompiledLimits, compileLimits, type Limits } from './limits.js';
import { memoryStore } from './memory/memory-store.js';
import { observer } from './observer.js';
import { requireBoolean, requireFunction, requireObject } from './option-kinds.js';
import type { BodyLimits } from './steps/body.js';
import { dummySecret } from './steps/prove.js';
import type { Store } from './store.js';
import type { VerdictEvent } from './verdict.js';
import { requireWhole } from './whole-number.js';

/** Options of `createVerifier`. */
export interface VerifierOptions {
  /** Where keys are found: `keyring(…)`, or `cachedDirectory(…)` for keys that live elsewhere. */
  readonly keys: KeyDirectory;
  /**
   * Whom requests must address: one name (Host is not looked at, proxies may rewrite it), a list of names (the
   * addressed one must be among them), or `ANY_HOST` for development.
   */
  readonly audience: Audience;
  /** Where nonces and budgets are kept. Default `memoryStore()`: this process alone, forgotten at a restart. */
  readonly store?: Store;
  /** Rates by scope, for keys that have none of their own. Default: no limits. */
  readonly limits?: Limits;
  /** The field that carries the signature. Default `authorization`. */
  readonly header?: string;
  /** How far a signature's time may lie from the clock. Default 300 000 ms past, 10 000 ms future. */
  readonly tolerance?: Partial<Tolerance>;
  /** Bytes of a body as transmitted. Default 1 048 576. */
  readonly maxBodyBytes?: number;
  /** From the first read of a body to its last byte, in milliseconds. Default 30 000. */
  readonly bodyTimeoutMs?: number;
  /** How long the store may take to answer, in milliseconds; after that the request is answered 503. Default 250. */
  readonly storeTimeoutMs?: number;
  /** Fields that, beside those of spec 2.2, may not be present unsigned. */
  readonly requireSigned?: readonly string[];
  /** How many refusals an address of strangers has before they are answered `too-many-failures`. */
  readonly failures?: FailureOptions;
  /** Whether admitted answers carry an authenticated verdict too. Default false. */
  readonly receipts?: boolean;
  /** Wall clock, Unix time in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
  /** Milliseconds that never run backwards. Default `performance.now`, or `now` with its backward steps held. */
  readonly monotonicNow?: () => number;
  /** Hears of every verdict. What it throws is logged and changes nothing. */
  readonly onVerdict?: (event: VerdictEvent) => void;
  /**
   * Whether an `invalid-signature` answer explains which canonical line differs, to clients that ask for it. It tells
   * nothing that is not in the request or in public configuration. Default false.
   */
  readonly debug?: boolean;
}

/** Options that were checked, and what was made of them. */
export interface VerifierConfig {
  readonly policy: RequestPolicy;
  readonly keys: KeyDirectory;
  readonly store: Store;
  readonly storeTimeoutMs: number;
  readonly limits: CompiledLimits;
  readonly window: AcceptanceWindow;
  readonly bodyLimits: BodyLimits;
  readonly failures: FailureMeter;
  readonly dummy: SecretKey;
  readonly receipts: boolean;
  readonly debug: boolean;
  readonly onVerdict: ((event: VerdictEvent) => void) | undefined;
}

const DEFAULT_MAX_BODY_BYTES = 1_048_576;
const DEFAULT_BODY_TIMEOUT_MS = 30_000;
const DEFAULT_STORE_TIMEOUT_MS = 250;
/** Longer timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Checks options and attaches the store.
 *
 * @throws TypeError or RangeError that names the option
 */
export function configure(options: VerifierOptions): VerifierConfig {
  const {
    keys,
    store = memoryStore(),
    limits = {},
    tolerance = {},
    maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
    bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS,
    storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS,
    failures = {},
    receipts = false,
    debug = false,
    onVerdict,
  } = requireObject('options', options);
  if (typeof keys?.find !== 'function' || typeof keys.peek !== 'function') {
    throw new TypeError('keys: expected keyring({ … }) or cachedDirectory(…)');
  }
  if (typeof store?.admit !== 'function')
    throw new TypeError('store: expected a store such as memoryStore()');
  for (const option of ['now', 'monotonicNow'] as const) {
    if (options[option] !== undefined) requireFunction(option, options[option]);
  }
  const clock = createClock(options.now, options.monotonicNow);
  const window = acceptanceWindow(clock, tolerance);
  const config: VerifierConfig = {
    policy: requestPolicy(options),
    keys,
    store,
    storeTimeoutMs: requireWhole('storeTimeoutMs', storeTimeoutMs, 1, MAX_TIMER_MS),
    limits: compileLimits(limits),
    window,
    bodyLimits: {
      maxBodyBytes: requireWhole('maxBodyBytes', maxBodyBytes, 0, Number.MAX_SAFE_INTEGER),
      bodyTimeoutMs: requireWhole('bodyTimeoutMs', bodyTimeoutMs, 1, MAX_TIMER_MS),
    },
    failures: failureMeter(requireObject('failures', failures), clock),
    dummy: dummySecret(),
    receipts: requireBoolean('receipts', receipts),
    debug: requireBoolean('debug', debug),
    onVerdict:
      onVerdict === undefined ? undefined : observer('onVerdict', requireFunction('onVerdict', onVerdict)),
  };
  config.store.attach?.(window);
  return config;
}
