/** The whole suite, as every runtime runs it. */
import { canonicalChecks, type Vectors } from './canonical-checks.js';
import type { Check } from './check.js';
import { clientChecks } from './client-checks.js';
import { remoteChecks } from './remote-checks.js';

/** What the harness gives: the vectors, and the origin of a server to call. */
export interface Given {
  readonly vectors: Vectors;
  readonly origin: string;
}

/** What every runtime can do. The server's checks are added where it runs. */
export function clientSuite({ vectors, origin }: Given): Check[] {
  return [...canonicalChecks(vectors), ...clientChecks(), ...remoteChecks(origin, 'client')];
}
