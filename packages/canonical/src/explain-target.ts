/**
 * What a difference in audience, path or query tells: the likely cause, and what to change. Texts that are not in
 * canonical form are brought into it to see whether that is all; nothing of it is ever signed.
 */
import { canonicalAuthority } from './authority.js';
import { canonicalTarget } from './target.js';

/** A likely cause in words, and the fix: an option of the signer, the verifier or an adapter, or a change on the way. */
export interface Finding {
  readonly cause: string;
  readonly fix: string;
}

/** Lines that are longer, both together, are not respelled to find a cause: a verifier explains to strangers. */
const MOST_CHARACTERS = 16_384;
const RAW_TARGET =
  'have the hop pass the path and query on as they came (nginx: proxy_pass without a path), and give the verifier the raw target';

export function audienceFinding(client: string, server: string): Finding {
  const raw = notCanonical(client, server, (text) => canonicalAuthority(text));
  if (raw !== undefined) {
    return {
      cause: `the ${raw}'s audience is not in canonical form`,
      fix: 'write the audience in lower case, without :80 and :443 (spec 2.2.2)',
    };
  }
  return {
    cause:
      'the client addressed another host or port than the server takes itself for: compare its `audience`',
    fix: `give the verifier the one name that clients address, audience: '${client}' (Host is then not looked at), or have the proxy pass Host on; where the server's own name is to be signed, give the signer audience: '${server}'`,
  };
}

export function pathFinding(client: string, server: string): Finding {
  const rewritten = { cause: 'the path was rewritten on the way', fix: RAW_TARGET };
  if (client.length + server.length > MOST_CHARACTERS) return rewritten;
  const raw = notCanonical(client, server, (text) => canonicalTarget(text.replaceAll('?', '%3F')).path);
  if (raw !== undefined) {
    return {
      cause: `the ${raw}'s path is not in canonical form`,
      fix: 'decode %XX of A-Z a-z 0-9 - . _ ~ alone, write other %XX in upper case, and encode what a path cannot hold (spec 2.2.4)',
    };
  }
  if (client.endsWith(server) && server !== '') {
    const prefix = client.slice(0, client.length - server.length);
    return {
      cause: `the path lost its prefix ${prefix} on the way`,
      fix: `give the adapter what the edge strips: prefix: '${prefix}'`,
    };
  }
  if (server.endsWith(client) && client !== '') {
    const prefix = server.slice(0, server.length - client.length);
    return {
      cause: `the path gained the prefix ${prefix} on the way`,
      fix: `have the client address ${server}, or the hop pass the path on as it came: the verifier takes no prefix away (and see whether the adapter option prefix is one too many)`,
    };
  }
  if (client.replace(/\/$/, '') === server.replace(/\/$/, '')) {
    return { cause: 'a trailing slash was added or removed on the way', fix: RAW_TARGET };
  }
  if (client.toLowerCase() === server.toLowerCase()) {
    return { cause: 'the case of the path was changed on the way', fix: RAW_TARGET };
  }
  if (decoded(client) === decoded(server)) {
    return { cause: 'the path was decoded or encoded again on the way', fix: RAW_TARGET };
  }
  return rewritten;
}

export function queryFinding(client: string, server: string): Finding {
  const changed = (how: string): Finding => ({
    cause: `the query was changed on the way: ${how}`,
    fix: RAW_TARGET,
  });
  const rewritten = changed('a parameter was added, removed or rewritten');
  if (client.length + server.length > MOST_CHARACTERS) return rewritten;
  const raw = notCanonical(client, server, (text) => canonicalTarget(`/?${text}`).query);
  if (raw !== undefined) {
    return {
      cause: `the ${raw}'s query is not in canonical form`,
      fix: 'normalize %XX as in the path, and sort by root name, stably: what stands before the first = [ or . (spec 2.2.4, 2.2.5)',
    };
  }
  const [ours, theirs] = [client.split('&'), server.split('&')];
  if (server === '') return changed('it was lost');
  if ([...ours].sort().join('&') === [...theirs].sort().join('&')) {
    return changed('parameters of one name stand in another order');
  }
  if (decodedQuery(client) === decodedQuery(server)) {
    return changed('it was encoded again (+, %20 and %2B are three different things)');
  }
  const [had, has] = [new Set(ours), new Set(theirs)];
  const added = theirs.find((piece) => !had.has(piece));
  const removed = ours.find((piece) => !has.has(piece));
  if (added !== undefined && removed === undefined) return changed(`${added} was added`);
  if (removed !== undefined && added === undefined) return changed(`${removed} was removed`);
  return rewritten;
}

/** Which side's text becomes the other's when it is brought into canonical form. */
function notCanonical(
  client: string,
  server: string,
  canonical: (text: string) => string | undefined,
): 'client' | 'server' | undefined {
  const attempt = (text: string): string | undefined => {
    try {
      return canonical(text);
    } catch {
      return undefined;
    }
  };
  if (attempt(client) === server) return 'client';
  return attempt(server) === client ? 'server' : undefined;
}

function decodedQuery(query: string): string {
  return decoded(query.replaceAll('+', '%20'));
}

/** Decoded twice, so that one round of encoding more or less is seen; only compared, never used. */
function decoded(text: string): string {
  return decodeOnce(decodeOnce(text));
}

function decodeOnce(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
