/**
 * Why two canonical strings differ: the first line that does, and the likely cause in words. It works on the texts
 * alone; it knows no secret and no expected MAC.
 */
import { findCause, lineName } from './explain-causes.js';

/** The first difference between what a client signed and what a server saw. */
export interface Difference {
  /** Counted from 1. */
  readonly line: number;
  /** Which part the line holds: `path`, `query`, `header content-type`, … */
  readonly part: string;
  /** The line that the client signed; absent where its string has fewer lines. */
  readonly client?: string;
  /** The line that the server computed; absent where its string has fewer lines. */
  readonly server?: string;
  /** The likely cause, in words for people. */
  readonly cause: string;
}

const PARTS = ['scheme', 'method', 'audience', 'path', 'query', 'digest', 'ts', 'nonce', 'key', 'scope'];

/** The first line in which two canonical strings differ, or `undefined` when they are equal. */
export function explainDifference(client: string, server: string): Difference | undefined {
  if (client === server) return undefined;
  const clientLines = client.split('\n');
  const serverLines = server.split('\n');
  let at = 0;
  while (clientLines[at] === serverLines[at]) at++;
  const ours = clientLines[at];
  const theirs = serverLines[at];
  const part = PARTS[at] ?? `header ${lineName(theirs ?? ours ?? '')}`;
  return {
    line: at + 1,
    part,
    ...(ours === undefined ? {} : { client: ours }),
    ...(theirs === undefined ? {} : { server: theirs }),
    cause: findCause(part, ours, theirs).cause,
  };
}

/**
 * What to change so that a line agrees: an option of the signer, the verifier or an adapter, or a hop between them. In
 * words, and as likely as the cause.
 */
export function fixFor({ part, client, server }: Pick<Difference, 'part' | 'client' | 'server'>): string {
  return findCause(part, client, server).fix;
}
