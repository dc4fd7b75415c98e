/**
 * A debugging aid: a route that says what arrived, so that `countersign doctor` can tell what the proxies in front have
 * changed. It verifies nothing. Of what proxies have added it shows the names of fields, and the values of those alone that
 * signatures cover by default or that frame the message; of `Authorization` none. To be mounted while debugging.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSha256, type FieldLine, fieldsSignedWhenPresent, SCHEME } from '@countersign/canonical';
import { isUnread, nodeBody } from './node-body.js';
import { announcedBodyBytes, nodeRequest } from './node-request.js';

/** The form of what is told; another one has another name. */
export const ECHO_FORMAT = 'countersign-echo/1';

/** The field of the answer that tells the same, in base64url, for methods whose answers have no body. */
export const ECHO_FIELD = 'countersign-echo';

/** What arrived, as a verifier in the same place would be given it. */
export interface Arrival {
  /** The form of this document. */
  readonly echo: typeof ECHO_FORMAT;
  /** As it arrived. */
  readonly method: string;
  /** Raw. */
  readonly target: string;
  /** `1.1` or `2.0`, where the server knows. */
  readonly httpVersion?: string;
  /** The lines in their order, names in lower case. The value is `null` where it is not told. */
  readonly fields: readonly (readonly [name: string, value: string | null])[];
  /** `null`: something that is mounted before this has read it. */
  readonly body: {
    /** Its length as transmitted. */
    readonly bytes: number;
    /** 64 lower-case hex digits. */
    readonly sha256: string;
  } | null;
}

/** What an adapter answers with. */
export interface EchoAnswer {
  /** 413 for a body over 1 MiB. */
  readonly status: 200 | 413;
  /** Fields by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** What an adapter knows of the request. */
export interface EchoedHead {
  /** As it arrived. */
  readonly method: string;
  /** The raw request target. */
  readonly target: string;
  /** The field lines, in their order. */
  readonly headers: Iterable<FieldLine>;
  /** `1.1` or `2.0`, where it is known. */
  readonly httpVersion?: string;
}

const MAX_BODY_BYTES = 1024 * 1024;
/** In base64url, with the rest of the head, below the 4 KiB that some proxies allow. */
const MAX_FIELD_BYTES = 2250;
const SIGNATURE = ' sig="';
/** Of the signature in a signature field: what tells it from another. */
const SHOWN_SIGNATURE_DIGITS = 16;

/** What the signature is about in any case, and what frames the message; the doctor's own begin with its name. */
const SHOWN = new Set([
  ...fieldsSignedWhenPresent(''),
  'host',
  ':authority',
  'content-length',
  'transfer-encoding',
]);
const DOCTORS_OWN = 'countersign-doctor';

/** A handler for `node:http`, and for Express: `app.use('/countersign-echo', echo)`, before any body parser. */
export function echo(
  request: IncomingMessage & { readonly originalUrl?: string },
  response: ServerResponse,
): void {
  const { method, target, headers } = nodeRequest(request, request.originalUrl ?? request.url ?? '', {});
  const { httpVersion } = request;
  const body =
    announcedBodyBytes(request) === 0 ? [] : isUnread(request) ? nodeBody(request, { putBack: false }) : null;
  echoAnswer({ method, target, headers, httpVersion }, body).then(
    (answer) => {
      const close = answer.status === 413 && request.httpVersionMajor === 1 ? { connection: 'close' } : {};
      response.writeHead(answer.status, { ...answer.headers, ...close });
      response.end(answer.body);
    },
    // The client went away before the end of the body.
    () => response.destroy(),
  );
}

/**
 * The answer, for adapters.
 *
 * @param body its pieces; `null` where something has read it before
 */
export async function echoAnswer(
  { method, target, headers, httpVersion }: EchoedHead,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null,
): Promise<EchoAnswer> {
  const digest = createSha256();
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) {
      return answer(413, JSON.stringify({ error: `the body has more than ${MAX_BODY_BYTES} bytes` }));
    }
    digest.update(piece);
  }
  const arrival: Arrival = {
    echo: ECHO_FORMAT,
    method,
    target,
    ...(httpVersion === undefined ? {} : { httpVersion }),
    fields: Array.from(headers, ([name, value]) => {
      const lowerCase = name.toLowerCase();
      return [lowerCase, shownValue(lowerCase, value)] as const;
    }),
    body: body === null ? null : { bytes, sha256: digest.digestHex() },
  };
  return answer(200, JSON.stringify(arrival));
}

/**
 * A signature field's value with most of its signature left out: enough to see whether it arrived as it was sent. What a
 * hop has put behind it, which may be another signature or a password, is left out, and that there is some is told.
 */
export function withoutSignature(value: string): string {
  const start = value.indexOf(SIGNATURE) + SIGNATURE.length;
  const shown = `${value.slice(0, start + SHOWN_SIGNATURE_DIGITS)}…`;
  return /^[^"]*"$/.test(value.slice(start)) ? shown : `${shown} and more`;
}

function shownValue(name: string, value: string): string | null {
  if (value.startsWith(`${SCHEME} `)) return withoutSignature(value);
  // Without the scheme it may be a password that a proxy put there.
  if (name === 'authorization') return null;
  return SHOWN.has(name) || name.startsWith(DOCTORS_OWN) ? value : null;
}

function answer(status: 200 | 413, body: string): EchoAnswer {
  const bytes = new TextEncoder().encode(body);
  const inField = bytes.length <= MAX_FIELD_BYTES ? { [ECHO_FIELD]: base64url(bytes) } : {};
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...inField,
    },
    body,
  };
}

/** Without `Buffer`, which not every runtime has. */
function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
