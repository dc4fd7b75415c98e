/** What a handler finds at `c.get('countersign')`. */
import type { Admitted } from '@countersign/server';

/** An admitted request, as its handler sees it. */
export interface Countersigned extends Pick<Admitted, 'request' | 'key' | 'scope' | 'budgets'> {
  /**
   * Resolves once the body is known to be the signed one; rejects with `BodyRefusedError`. With `body: 'buffer'` it has
   * resolved before the handler runs. With `body: 'stream'` the body must be read to its end first.
   */
  readonly verified: Promise<void>;
}

declare module 'hono' {
  interface ContextVariableMap {
    /** Set by `countersign(…)` on the routes that it stands before, and on no others. */
    countersign: Countersigned;
  }
}
