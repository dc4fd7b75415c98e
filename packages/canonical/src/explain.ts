/**
 * Why two canonical strings differ: the first line that does, and the likely cause in words. It works on the texts
 * alone; it knows no secret and no expected MAC.
 */

/** The first difference between what a client signed and what a server saw. */
export interface Difference {
  /** Counted from 1. */
  readonly line: number;
  /** Which part the line holds: `path`, `query`, `header content-type`, … */
  readonly part: string;
  /** The line on each side; absent where that side has fewer lines. */
  readonly client?: string;
  readonly server?: string;
  readonly cause: string;
}

const PARTS = ['scheme', 'method', 'audience', 'path', 'query', 'digest', 'ts', 'nonce', 'key', 'scope'];

const CAUSES: Record<string, string> = {
  scheme: 'one of the texts is not a canonical string of this scheme',
  method: 'the method was changed on the way, or the client signed another',
  audience:
    'the client addressed another host or port than the server takes itself for: compare its `audience`',
  query: 'the query was changed on the way: a parameter added, removed, re-encoded, or one name reordered',
  digest: 'the two sides name different bodies',
  ts: 'the two texts are of different signatures',
  nonce: 'the two texts are of different signatures',
  key: 'the two texts are of different keys',
  scope: 'the two sides name different scopes',
};

/** The first line in which two canonical strings differ, or `undefined` when they are equal. */
export function explainDifference(client: string, server: string): Difference | undefined {
  if (client === server) return undefined;
  const clientLines = client.split('\n');
  const serverLines = server.split('\n');
  let at = 0;
  while (clientLines[at] === serverLines[at]) at++;
  const ours = clientLines[at];
  const theirs = serverLines[at];
  const part = PARTS[at] ?? `header ${fieldName(theirs ?? ours ?? '')}`;
  return {
    line: at + 1,
    part,
    ...(ours === undefined ? {} : { client: ours }),
    ...(theirs === undefined ? {} : { server: theirs }),
    cause:
      part === 'path'
        ? pathCause(ours ?? '', theirs ?? '')
        : (CAUSES[part] ?? headerCause(part, ours, theirs)),
  };
}

function pathCause(client: string, server: string): string {
  if (client.endsWith(server) && client.length > server.length) {
    return `the path lost its prefix ${client.slice(0, client.length - server.length)} on the way`;
  }
  if (server.endsWith(client) && server.length > client.length) {
    return `the path gained the prefix ${server.slice(0, server.length - client.length)} on the way`;
  }
  if (client.replace(/\/$/, '') === server.replace(/\/$/, ''))
    return 'a trailing slash was added or removed on the way';
  if (client.toLowerCase() === server.toLowerCase()) return 'the case of the path was changed on the way';
  if (decoded(client) === decoded(server)) return 'the path was decoded or encoded again on the way';
  return 'the path was rewritten on the way';
}

function headerCause(part: string, client: string | undefined, server: string | undefined): string {
  if (client === undefined || server === undefined || fieldName(client) !== fieldName(server)) {
    return 'the two sides sign different header fields';
  }
  return `the value of the field ${part.slice('header '.length)} was changed on the way`;
}

function fieldName(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(':')));
}

/** Decoded twice, so that one round of encoding more or less is seen; only compared, never used. */
function decoded(path: string): string {
  return decodeOnce(decodeOnce(path));
}

function decodeOnce(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
