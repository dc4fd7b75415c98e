/** What the contracts of the adapters need of one: a server whose handlers tell what they were given. */
import type { Server } from 'node:http';
import type { Verifier } from '@countersign/server';
import type { AdapterOptions, BodyOptions } from '@countersign/server/adapter';

/** A server with one handler behind the adapter. The handler answers with an `Echo`. */
export interface EchoServer {
  readonly verifier: Verifier;
  /** Default: scope `orders`, everything else as the adapter has it. */
  readonly options?: Partial<AdapterOptions & BodyOptions>;
  /** The route in the framework's notation; default: every path. */
  readonly route?: string;
  /** A path under which the handler's router is mounted. */
  readonly mount?: string;
  /** Fields that the handler sets. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The handler answers without reading the body. */
  readonly ignoreBody?: boolean;
  /** Runs with the server before it listens. */
  readonly prepare?: (server: Server) => void;
}

/** What a handler was given. */
export interface Echo {
  readonly method: string;
  readonly path: string;
  readonly query: unknown;
  readonly params: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signed: { readonly method: string; readonly path: string; readonly query: string };
  readonly scope: string;
}

export interface AdapterUnderTest {
  readonly name: string;
  /** Serves until the end of the test. Resolves the port. */
  readonly serve: (server: EchoServer) => Promise<number>;
  /** Whether the path that a handler was shown is the canonical one, as far as the framework spells paths its own way. */
  readonly isPath: (shown: string, canonical: string) => boolean;
  /** What the framework makes of a query. */
  readonly parseQuery: (query: string) => unknown;
  /** Whether the framework refuses this target by itself, before any middleware, and may. */
  readonly refusesItself: (target: string) => boolean;
  /**
   * Whether it has nothing but a Fetch `Request`, which has no body with GET, does not tell whether a POST has one, and
   * shows handlers every field, those beyond Node's `maxHeadersCount`, too. Default false.
   */
  readonly fetchOnly?: boolean;
}
