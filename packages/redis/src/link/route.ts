/** Where a bucket's commands go. */
import type { Bucket } from '../bucket-names.js';
import type { Script } from '../scripts.js';
import type { Topology } from '../server-check.js';
import type { Link, LinkEvents, Routed } from './link.js';
import type { Argument } from './wire.js';

/** The way to the servers: one, or a cluster of them. */
export interface Route {
  readonly topology: Topology;
  /** Rejects when the bucket cannot be reached. */
  readonly run: (script: Script, bucket: Bucket, args: readonly Argument[]) => Promise<Routed>;
  /** One link to each master that is known. Rejects when none can be reached. */
  readonly masters: () => Promise<readonly Link[]>;
  readonly close: () => void;
}

/** Opens connections. `onError` hears of those that fail. */
export type OpenRoute = (events: LinkEvents, onError: (error: Error) => void) => Route;
