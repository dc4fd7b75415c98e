/** What was changed between a request as it was sent and as it arrived. */
import { gunzipSync } from 'node:zlib';
import { canonicalAuthority, fixFor, sha256Hex } from '@countersign/canonical';
import { type Arrival, withPrefix } from '@countersign/server/adapter';
import type { Change } from './change.js';
import { compareFields } from './compare-fields.js';
import { arrivedHead, type Mismatch, mismatch } from './mismatch.js';
import type { SentRequest } from './sign.js';

/**
 * Everything that differs.
 *
 * @param prefix what is known to be stripped from every path
 */
export function compareRequest(sent: SentRequest, arrival: Arrival, prefix: string): Change[] {
  const target = withPrefix(arrival.target, prefix);
  const changes = [
    ...compareMethod(sent, arrival),
    ...compareHost(sent, arrival),
    ...compareTarget(sent, target),
    ...compareFields(sent, arrival),
    ...compareBody(sent, arrival),
    ...compareFraming(sent, arrival),
  ];
  // Each part was looked at by itself: whatever only shows in the whole is not passed over.
  const whole = mismatch(sent, arrivedHead(sent, arrival, target));
  if (whole !== undefined && !changes.some(({ effect }) => effect === 'breaks')) {
    changes.push({ effect: 'breaks', what: whole.part, how: whole.cause, advice: fixOf(whole) });
  }
  return changes;
}

function compareMethod(sent: SentRequest, { method }: Arrival): Change[] {
  if (sent.method === method) return [];
  const advice = 'have the hop pass the method on as it came';
  const told = { sent: sent.method, arrived: method };
  return [{ effect: 'breaks', what: 'method', how: `${sent.method} becomes ${method}`, advice, ...told }];
}

function compareHost({ authority }: SentRequest, { fields }: Arrival): Change[] {
  const named = (wanted: string) => fields.flatMap(([name, value]) => (name === wanted ? [value ?? ''] : []));
  const [pseudo, hosts] = [named(':authority'), named('host')];
  const values = pseudo.length > 0 ? pseudo : hosts;
  const [value] = values;
  const audience = canonicalAuthority(authority) ?? authority;
  const told = { sent: authority, arrived: values.length === 0 ? '(none)' : values.join(', ') };
  if (values.length === 1 && value !== undefined && canonicalAuthority(value) === audience) {
    if (value === authority) return [];
    const advice = 'the audience is the same';
    return [{ effect: 'harmless', what: 'Host', how: 'it is spelled differently', advice, ...told }];
  }
  return [
    {
      effect: 'option',
      what: 'Host',
      how: `${told.sent} becomes ${told.arrived}`,
      advice: 'one name, the one that clients address: Host is then not looked at',
      option: { of: ['createVerifier'], name: 'audience', value: audience },
      ...told,
    },
  ];
}

function compareTarget(sent: SentRequest, target: string): Change[] {
  const [ours, theirs] = [cut(sent.target), cut(target)];
  return [
    ...comparePart('path', sent, [ours.path, theirs.path], theirs.path + ours.query),
    ...comparePart('query', sent, [ours.query, theirs.query], ours.path + theirs.query),
  ];
}

/** @param target the one sent, with this part of it as it arrived */
function comparePart(
  what: 'path' | 'query',
  sent: SentRequest,
  [ours, theirs]: readonly [string, string],
  target: string,
): Change[] {
  if (ours === theirs) return [];
  const told = { sent: ours, arrived: theirs };
  const found = mismatch(sent, { target });
  if (found === undefined) {
    const advice = 'the canonical form is the same';
    return [{ effect: 'harmless', what, how: 'it is spelled differently', advice, ...told }];
  }
  const merged = what === 'path' && ours.replace(/\/{2,}/g, '/') === theirs;
  const how = merged ? 'slashes that follow each other are merged' : found.cause;
  return [{ effect: 'breaks', what, how, advice: fixOf(found), ...told }];
}

/** The advice for a difference, or for a head that cannot be verified at all. */
function fixOf({ part, client, server }: Mismatch): string {
  if (client === undefined || server === undefined) {
    return 'have the hop pass the request on as it came';
  }
  return fixFor({ part, client, server });
}

function compareBody(sent: SentRequest, { body }: Arrival): Change[] {
  if (body === null || body.sha256 === sha256Hex(sent.body)) return [];
  const told = { sent: `${sent.body.length} bytes`, arrived: `${body.bytes} bytes` };
  const advice = 'have the hop pass the body on byte for byte';
  return [{ effect: 'breaks', what: 'body', how: bodyChange(sent.body, body), advice, ...told }];
}

function bodyChange(sent: Uint8Array, { bytes, sha256 }: NonNullable<Arrival['body']>): string {
  if (bytes === 0) return 'it is lost';
  if (sent.length === 0) return 'one is added';
  if (sha256 === unzippedDigest(sent)) return 'its content coding is undone';
  return 'its bytes are changed';
}

function unzippedDigest(bytes: Uint8Array): string | undefined {
  try {
    return sha256Hex(gunzipSync(bytes));
  } catch {
    return undefined;
  }
}

function compareFraming(sent: SentRequest, { fields, httpVersion = '1.1' }: Arrival): Change[] {
  const advice = 'it is not signed';
  const version: Change = {
    effect: 'harmless',
    what: 'HTTP version',
    how: `1.1 becomes ${httpVersion}`,
    advice,
  };
  const versions = httpVersion === '1.1' ? [] : [version];
  const told = { sent: framing(sent.headers), arrived: framing(fields) };
  // No body, and a body of no bytes, are one.
  if (told.sent === told.arrived || sent.body.length === 0) return versions;
  const how = `${told.sent} becomes ${told.arrived}`;
  return [...versions, { effect: 'harmless', what: 'framing', how, advice, ...told }];
}

function framing(lines: Iterable<readonly [name: string, value: string | null]>): string {
  const names = Array.from(lines, ([name]) => name.toLowerCase());
  if (names.includes('transfer-encoding')) return 'chunked';
  return names.includes('content-length') ? 'an announced length' : 'no announced length';
}

function cut(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at) };
}
