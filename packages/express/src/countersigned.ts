/** What a handler finds at `request.countersign`, and the type of a request that has it. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Admitted } from '@countersign/server';

/** An admitted request, as its handler sees it. */
export interface Countersigned extends Pick<Admitted, 'request' | 'key' | 'scope' | 'budgets'> {
  /**
   * Resolves once the body is known to be the signed one; rejects with `BodyRefusedError`. With `body: 'buffer'` it has
   * resolved before the handler runs. With `body: 'stream'` the body must be read to its end first.
   */
  readonly verified: Promise<void>;
  /**
   * The body. With `body: 'stream'` its bytes are unauthenticated until `await verified`, and the request itself must
   * not be read. Otherwise it is the request.
   */
  readonly body: Readable;
}

declare global {
  namespace Express {
    interface Request {
      /** Set by `countersign(…)` on the routes that it stands before, and on no others. */
      countersign: Countersigned;
    }
  }
}

/** The parts of an Express request that the adapter uses. */
export type SignableRequest = IncomingMessage & { originalUrl?: string; countersign?: Countersigned };
