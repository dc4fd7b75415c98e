/**
 * Whole requests as they come over the wire, all of them signable, and the canonical parts of one (spec 2.2). They
 * carry no signature: `createSigner` and `formatAuthorization` make it.
 */
import type { RequestParts } from '@countersign/canonical';
import { canonicalAuthority, canonicalTarget, sha256Hex } from '@countersign/canonical';
import fc from 'fast-check';
import { signedScopes } from './scopes.js';
import { keyIds, nonces, timestamps } from './signing-keys.js';
import { absoluteForm, authorities, originForms, respelledTargets, schemes } from './targets.js';

/** A request without a signature. */
export interface UnsignedRequest {
  readonly method: string;
  /** Raw, in origin-form or absolute-form. */
  readonly target: string;
  /** What the client addressed, raw: the value of `Host`. The authority of an absolute target is the same one. */
  readonly authority: string;
  /** The other field lines: signable, no name twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** A method that can be signed; with tokens nobody has registered, without CONNECT. */
export function methods(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PURGE',
    'M-SEARCH',
    'X-',
  );
}

/** Up to six field lines in any case, no name twice, none unsignable; values with blanks at either end. */
export function signableFields(): fc.Arbitrary<[name: string, value: string][]> {
  const names = fc.constantFrom(
    ...['Content-Type', 'content-encoding', 'Idempotency-Key', 'If-Match', 'Range', 'X-HTTP-Method-Override'],
    ...['x-trace', 'X-Meta', 'accept', "!#$%&'*+-.^_`|~"],
  );
  const characters = fc
    .integer({ min: 0x20, max: 0x7f })
    .map((code) => (code === 0x7f ? '\t' : String.fromCharCode(code)));
  const values = fc.oneof(
    fc.constantFrom('', 'application/json', ' application/json\t', 'a, b', 'a:b', ' \t '),
    fc.string({ unit: characters, maxLength: 40 }),
  );
  return fc.uniqueArray(fc.tuple(names, values), { maxLength: 6, selector: ([name]) => name.toLowerCase() });
}

/** A body: none, text or any bytes, up to 256. */
export function bodies(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.constant(new Uint8Array()),
    fc.constantFrom('{"amount":1299}', 'a=1&b=2', '\r\n0\r\n\r\n').map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 256 }),
  );
}

/** A request in origin-form or absolute-form. */
export function requests(): fc.Arbitrary<UnsignedRequest> {
  return withForms(originForms().map((target) => ({ raw: target, respelled: target }))).map(({ raw }) => raw);
}

/** A request, and the same one spelled otherwise: escapes, order of the query, form of the target, case of the host. */
export function respelledRequests(): fc.Arbitrary<{
  readonly raw: UnsignedRequest;
  readonly respelled: UnsignedRequest;
}> {
  return withForms(respelledTargets());
}

/** Canonical parts, independent of one another: what `canonicalize` writes and `parseCanonical` reads. */
export function requestParts(): fc.Arbitrary<RequestParts> {
  return fc
    .record({ request: requests(), ts: timestamps(), nonce: nonces(), key: keyIds(), scope: signedScopes() })
    .map(({ request, ts, nonce, key, scope }) => ({
      method: request.method,
      audience: canonicalAuthority(request.authority) ?? '',
      ...pathAndQuery(request.target),
      digest: sha256Hex(request.body),
      ts,
      nonce,
      key,
      scope,
      headers: canonicalFields(request.headers),
    }));
}

function withForms(
  targets: fc.Arbitrary<{ raw: string; respelled: string }>,
): fc.Arbitrary<{ raw: UnsignedRequest; respelled: UnsignedRequest }> {
  const inForm = fc.tuple(fc.boolean(), schemes(), fc.boolean());
  return fc
    .record({
      target: targets,
      forms: fc.tuple(inForm, inForm),
      authority: authorities(),
      rest: fc.record({ method: methods(), headers: signableFields(), body: bodies() }),
    })
    .map(({ target, forms: [first, second], authority, rest }) => {
      const spell = (text: string, [absolute, scheme, upper]: [boolean, string, boolean]) => {
        const spelled = upper ? authority.toUpperCase() : authority;
        return { ...rest, authority: spelled, target: absolute ? absoluteForm(scheme, spelled, text) : text };
      };
      return { raw: spell(target.raw, first), respelled: spell(target.respelled, second) };
    });
}

function pathAndQuery(target: string): { path: string; query: string } {
  const { path, query } = canonicalTarget(target);
  return { path, query };
}

function canonicalFields(lines: UnsignedRequest['headers']): [string, string][] {
  return lines
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.replace(/^[ \t]+|[ \t]+$/g, '')])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
