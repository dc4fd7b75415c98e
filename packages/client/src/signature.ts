/**
 * One signature: from a request's parts to the fields that carry it. Synchronous, and nothing beside one SHA-256 and
 * one HMAC costs much. It sends nothing and remembers nothing but the clock's correction.
 */
import {
  canonicalize,
  canonicalTarget,
  collectFields,
  DEBUG_FIELD,
  type FieldLine,
  formatAuthorization,
  formatDebug,
  isHex256,
  isMethod,
  isTimestamp,
  MAX_FIELD_VALUE_BYTES,
  MAX_SIGNED_FIELDS,
  requireAuthority,
  SCHEME,
  sha256Hex,
  signedValue,
  type VerdictSubject,
} from '@countersign/canonical';
import type { ClientClock } from './client-clock.js';
import { requireScope, type SigningConfig } from './signing-options.js';

/** Fetch `Headers`, `[name, value]` pairs (one a line), or an object. */
export type HeadersInput =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string>>;

/** A request to be signed. */
export interface SignInput {
  /** Upper case: it is signed as it stands. */
  readonly method: string;
  /** Absolute. What is signed is the path and query of `new URL(url)`: what fetch sends. */
  readonly url?: string | URL;
  /** The raw request target, signed instead of the URL's; for callers that write the request line themselves. */
  readonly target?: string;
  /** The field lines that will be sent. Those that are signed (spec 2.2.6) must be exactly the ones on the wire. */
  readonly headers?: HeadersInput;
  /** The body as transmitted. Text is UTF-8. */
  readonly body?: string | Uint8Array | ArrayBuffer | undefined;
  /** SHA-256 of the body instead of the body: 64 lower-case hex digits. For streams. */
  readonly digest?: string | undefined;
  /** Default: the signer's. */
  readonly scope?: string | undefined;
  /** Default: the signer's, then the authority of `target`, then the host of `url`. */
  readonly audience?: string | undefined;
}

/** A signature, and what a verdict about it is checked against. */
export interface Signature {
  /** Header fields to add, names in lower case. */
  readonly fields: Record<string, string>;
  readonly subject: VerdictSubject;
}

/**
 * Signs.
 *
 * @throws CanonicalError `malformed-target`, `ambiguous-target`, or `malformed-request` for a signed field that is
 * repeated or not ASCII
 * @throws TypeError for a method, URL, scope, digest or body that cannot be signed
 * @throws RangeError when `now` does not give a time of 13 digits
 */
export function makeSignature(config: SigningConfig, clock: ClientClock, input: SignInput): Signature {
  const { method } = input;
  if (!isMethod(method) || method === 'CONNECT') {
    throw new TypeError(
      `method: ${JSON.stringify(method)} cannot be signed: expected upper-case letters and hyphens, and not CONNECT`,
    );
  }
  const { path, query, audience } = readTarget(config, input);
  const digest = readDigest(config, input);
  const scope = input.scope === undefined ? config.scope : requireScope(input.scope);
  const ts = String(Math.floor(config.now() + clock.offsetMs));
  if (!isTimestamp(ts)) throw new RangeError(`now: ${ts} is not a Unix time in milliseconds`);
  const nonce = config.nonce();
  const headers = input.headers === undefined ? [] : readHeaders(config, input.headers);

  const { keyId: key } = config;
  const text = canonicalize({ method, audience, path, query, digest, ts, nonce, key, scope, headers });
  const sig = config.secret.hmacHex(text);
  const names = headers.map(([name]) => name);
  const value = formatAuthorization({ key, ts, nonce, scope, digest, headers: names, sig });
  if (names.length > MAX_SIGNED_FIELDS || value.length > MAX_FIELD_VALUE_BYTES) {
    throw new TypeError(
      `headers: too many to sign: at most ${MAX_SIGNED_FIELDS}, in a signature of ${MAX_FIELD_VALUE_BYTES} bytes; name fewer in signHeaders`,
    );
  }
  const fields: Record<string, string> = { [config.header]: value };
  const debug = config.debug ? formatDebug(text) : undefined;
  if (debug !== undefined) fields[DEBUG_FIELD] = debug;
  return { fields, subject: { key, nonce, sig } };
}

function readTarget(
  config: SigningConfig,
  input: SignInput,
): { path: string; query: string; audience: string } {
  const url = input.url === undefined ? undefined : new URL(input.url);
  const target = input.target ?? (url && url.pathname + url.search);
  if (target === undefined) throw new TypeError('url: needed, or a target');
  const { path, query, authority } = canonicalTarget(target);
  const named = input.audience === undefined ? config.audience : requireAuthority('audience', input.audience);
  return {
    path,
    query,
    audience: named ?? authority ?? requireAuthority(url ? 'url' : 'audience', url?.host),
  };
}

function readDigest(config: SigningConfig, { body, digest }: SignInput): string {
  if (digest !== undefined) {
    if (!isHex256(digest)) throw new TypeError('digest: expected 64 lower-case hex digits');
    return digest;
  }
  if (body === undefined) return config.emptyDigest;
  if (typeof body === 'string' || body instanceof Uint8Array) return sha256Hex(body);
  if (body instanceof ArrayBuffer) return sha256Hex(new Uint8Array(body));
  throw new TypeError('body: expected text, a Uint8Array or an ArrayBuffer; for a stream give its digest');
}

function readHeaders(config: SigningConfig, headers: HeadersInput): (readonly [string, string])[] {
  const lines = Symbol.iterator in headers ? (headers as Iterable<FieldLine>) : Object.entries(headers);
  const fields = collectFields(lines);
  for (const value of fields.get(config.header)) {
    // An earlier signature is replaced; a bearer token would be lost.
    if (!value.startsWith(SCHEME)) {
      throw new TypeError(
        `headers: ${config.header} is taken; carry the signature elsewhere (option header)`,
      );
    }
  }
  const names = fields.names.filter((name) => config.signedWhenPresent.has(name)).sort();
  return names.map((name) => [name, signedValue(fields, name)]);
}
