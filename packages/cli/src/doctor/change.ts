/** What a doctor finds: one thing that is changed on the way. */

/**
 * - `option`: an option of the verifier, the adapter or the signer makes up for it
 * - `breaks`: nothing does
 * - `harmless`: a signature does not notice
 */
export type Effect = 'option' | 'breaks' | 'harmless';

export interface Change {
  readonly effect: Effect;
  /** What is changed: `Host`, `path`, `query`, `method`, `body`, `field content-type`, … */
  readonly what: string;
  /** How, in words; the same for all requests that it happens to. */
  readonly how: string;
  /** What to do, or why nothing has to be done. */
  readonly advice: string;
  /** The option that makes up for it, as it is written in code. */
  readonly option?: Option;
  readonly sent?: string;
  readonly arrived?: string;
}

export interface Option {
  /** The functions that take it. */
  readonly of: readonly string[];
  readonly name: 'audience' | 'prefix' | 'proxies' | 'header';
  readonly value: string | number;
}
