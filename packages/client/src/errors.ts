/**
 * How a call can end without an answer from the application. One class an ending, each with a stable `code` and a
 * message that says what to do. A request that cannot be signed is a `TypeError` or a `CanonicalError` instead.
 */

/**
 * What is known of the request when the call ends.
 *
 * - `not-admitted`: the server refused every attempt. A new call executes nothing twice, unless somebody in between
 *   copied the request or played an earlier refusal back.
 * - `admitted`: it was admitted once. A new call would be a second execution.
 * - `unknown`: it may have been admitted, or may still be.
 */
export type Outcome = 'not-admitted' | 'admitted' | 'unknown';

/** The class of all errors below. */
export abstract class CountersignError extends Error {
  /** Stable; `message` is for people and may change. */
  abstract readonly code: string;
  /** What is known of the request: whether a new call could execute it twice. */
  readonly outcome: Outcome;

  /** Called by the classes below; the text is for people. */
  constructor(outcome: Outcome, message: string, options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/** A rate budget is spent, and the wait for it is longer than this call may wait. */
export class RateLimitedError extends CountersignError {
  /** Always `RateLimitedError`. */
  override readonly name = 'RateLimitedError';
  readonly code = 'rate-limited';
  /** After how many milliseconds a new call may succeed; undefined: never, it costs more than a limit allows. */
  readonly retryAfterMs: number | undefined;
  /** The same as a time of the local clock: Unix time in milliseconds. */
  readonly retryAtMs: number | undefined;

  constructor(outcome: Outcome, nowMs: number, retryAfterMs: number | undefined) {
    super(
      outcome,
      retryAfterMs === undefined
        ? 'the request costs more than a limit allows: make it smaller'
        : `rate limited: call again in ${retryAfterMs} ms`,
    );
    this.retryAfterMs = retryAfterMs;
    this.retryAtMs = retryAfterMs === undefined ? undefined : nowMs + retryAfterMs;
  }
}

/** The server could not count the request, so it did not admit it. */
export class StoreUnavailableError extends CountersignError {
  /** Always `StoreUnavailableError`. */
  override readonly name = 'StoreUnavailableError';
  readonly code = 'store-unavailable';
  /** What the server asked for, in milliseconds; undefined when it named no time. */
  readonly retryAfterMs: number | undefined;

  constructor(retryAfterMs: number | undefined) {
    super('not-admitted', 'the server cannot count requests and admitted nothing: call again later');
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nothing that can be trusted says whether the request was executed. */
export class OutcomeUnknownError extends CountersignError {
  /** Always `OutcomeUnknownError`. */
  override readonly name = 'OutcomeUnknownError';
  readonly code = 'outcome-unknown';
  /** The last answer that could not be trusted, such as a proxy's 503. Of its body is kept what came in a second, up to 64 KiB. */
  readonly lastResponse: Response | undefined;

  constructor(cause: unknown, lastResponse: Response | undefined) {
    super('unknown', 'the request may have been executed: look at the resource before you call again', {
      cause,
    });
    this.lastResponse = lastResponse;
  }
}

/** The signature was admitted once already: by an attempt whose answer was lost, or by a copy. */
export class AlreadyAdmittedError extends CountersignError {
  /** Always `AlreadyAdmittedError`. */
  override readonly name = 'AlreadyAdmittedError';
  readonly code = 'already-admitted';
  /** An answer to an earlier attempt, which may be the application's own. Of its body is kept what came in a second, up to 64 KiB. */
  readonly earlierResponse: Response | undefined;

  constructor(earlierResponse: Response | undefined) {
    super(
      'admitted',
      'the request was executed, but its answer is lost: look at the resource, do not call again',
    );
    this.earlierResponse = earlierResponse;
  }
}

/** The clocks of client and server are too far apart. */
export class ClockSkewError extends CountersignError {
  /** Always `ClockSkewError`. */
  override readonly name = 'ClockSkewError';
  readonly code = 'clock-skew';
  /** Server's clock minus the local one, in milliseconds. */
  readonly offsetMs: number;

  constructor(outcome: Outcome, offsetMs: number, corrected: boolean) {
    super(
      outcome,
      corrected
        ? `the clock was ${offsetMs} ms off and is corrected: call again`
        : `the clock is ${offsetMs} ms off, more than maxClockCorrectionMs: set it right`,
    );
    this.offsetMs = offsetMs;
  }
}
