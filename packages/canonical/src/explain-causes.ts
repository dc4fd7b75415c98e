/**
 * What a difference between two canonical lines tells: the likely cause, and what to change. It guesses from the texts
 * of one line alone; it knows no request, no secret and no configuration.
 */
import { audienceFinding, type Finding, pathFinding, queryFinding } from './explain-target.js';
import { fieldsSignedWhenPresent } from './field-names.js';

/** The SHA-256 of nothing. */
const EMPTY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ONE_REQUEST =
  'compare the strings of one and the same request: time and nonce are new in every signature';

const FINDERS: Readonly<Record<string, (client: string, server: string) => Finding>> = {
  scheme: () => ({
    cause: 'one of the texts is not a canonical string of this scheme',
    fix: 'begin with the line CS1-HMAC-SHA256, then method, audience, path, query, digest, ts, nonce, key, scope (spec 2.2)',
  }),
  method: (client, server) => ({
    cause: 'the method was changed on the way, or the client signed another',
    fix:
      client.toUpperCase() === server.toUpperCase()
        ? 'sign the method as it is sent: in upper case'
        : 'sign the method that is sent, and let no hop or method-override middleware before the verifier change it',
  }),
  audience: audienceFinding,
  path: pathFinding,
  query: queryFinding,
  digest: digestFinding,
  ts: (client, server) =>
    [client, server].some((time) => /^\d{10}$/.test(time))
      ? { cause: 'one side writes the time in seconds', fix: 'write ts in milliseconds: 13 digits' }
      : { cause: 'the two texts are of different signatures', fix: ONE_REQUEST },
  nonce: (client, server) =>
    client.toLowerCase() === server.toLowerCase()
      ? { cause: 'one side writes the nonce in upper case', fix: 'write the nonce in lower case' }
      : { cause: 'the two texts are of different signatures', fix: ONE_REQUEST },
  key: () => ({
    cause: 'the two texts are of different keys',
    fix: 'sign with the key id that the signature field names (signer option keyId)',
  }),
  scope: () => ({
    cause: 'the two sides name different scopes',
    fix: 'sign the scope that the signature field names (option scope of the signer or of the call); empty means that of the route',
  }),
};

/**
 * Why a line differs.
 *
 * @param part as in `Difference`
 * @param client the client's line, `undefined` where its text has fewer lines
 * @param server the server's line, likewise
 */
export function findCause(part: string, client: string | undefined, server: string | undefined): Finding {
  const find = FINDERS[part];
  if (client !== undefined && server !== undefined) {
    return spacingFinding(client, server) ?? find?.(client, server) ?? headerFinding(client, server);
  }
  return find === undefined ? headerFinding(client, server) : cutFinding(client === undefined);
}

/** The name on a header line; empty where there is none. */
export function lineName(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(':')));
}

function spacingFinding(client: string, server: string): Finding | undefined {
  if (withoutSpaces(client) !== withoutSpaces(server)) return undefined;
  if (client.endsWith('\r') !== server.endsWith('\r')) {
    return { cause: 'the lines of one text end in CR LF', fix: 'join the lines by LF (0x0A) alone' };
  }
  return {
    cause: `the ${client.length > server.length ? 'client' : 'server'}'s line has more white space`,
    fix: 'write no white space around a line, nor between the colon of a signed field and its value; inside a value it stays as it is sent',
  };
}

function cutFinding(client: boolean): Finding {
  return {
    cause: `the ${client ? 'client' : 'server'}'s text has fewer than ten lines`,
    fix: 'write an empty line for an empty query and for an empty scope: a string whose last line is an empty scope ends in LF',
  };
}

/** A header line without what stands around its name and value. */
function withoutSpaces(line: string): string {
  const colon = line.indexOf(':');
  return colon < 0 ? line.trim() : `${line.slice(0, colon).trim()}:${line.slice(colon + 1).trim()}`;
}

function digestFinding(client: string, server: string): Finding {
  const cause = 'the two sides name different bodies';
  if (server === EMPTY_DIGEST) {
    return {
      cause: `${cause}: the server's digest is that of no body`,
      fix: 'mount the verifier before every body parser: one that came first has eaten the body',
    };
  }
  if (client === EMPTY_DIGEST) {
    return {
      cause: `${cause}: the client's digest is that of no body`,
      fix: 'sign the bytes that are sent: give the signer body (or digest)',
    };
  }
  if (client.toLowerCase() === server.toLowerCase()) {
    return { cause: `${cause}: one digest is in upper case`, fix: 'write the digest in lower-case hex' };
  }
  return {
    cause,
    fix: 'hash the bytes as transmitted, after content coding: sign the very text that is sent (not the object that is serialized again), and let no hop rewrite or recompress it',
  };
}

function headerFinding(client: string | undefined, server: string | undefined): Finding {
  if (client === '' || server === '') {
    return {
      cause: `the ${client === '' ? 'client' : 'server'} has an empty line after the last: a line feed was appended`,
      fix: 'append nothing after the last line; lines are joined by LF',
    };
  }
  const [ours, theirs] = [lineName(client ?? ''), lineName(server ?? '')];
  if (client !== undefined && server !== undefined) {
    if (ours === theirs) return valueFinding(ours);
    if (ours.toLowerCase() === theirs.toLowerCase()) {
      return {
        cause: `the two sides spell the field ${theirs} differently`,
        fix: 'write names of signed fields in lower case',
      };
    }
  }
  const clientHasMore = server === undefined || (client !== undefined && ours < theirs);
  const [name, has, lacks] = clientHasMore ? [ours, 'client', 'server'] : [theirs, 'server', 'client'];
  return {
    cause: `the two sides sign different header fields: the ${has} has ${name}, the ${lacks} has not`,
    fix: `write one line for each name in the parameter headers, ascending; ${
      isAlwaysSigned(name)
        ? `${name} is signed whenever it is present`
        : `${name} is signed where the signer's signHeaders has it`
    }`,
  };
}

function valueFinding(name: string): Finding {
  return {
    cause: `the value of the field ${name} was changed on the way`,
    fix: isAlwaysSigned(name)
      ? `sign the value that is sent (${name} is signed whenever it is present), and have the hop that changes it leave it alone`
      : `have the hop that changes it leave it alone, or take ${name} out of the signer's signHeaders (and out of the verifier's requireSigned)`,
  };
}

function isAlwaysSigned(name: string): boolean {
  return fieldsSignedWhenPresent('').includes(name);
}
