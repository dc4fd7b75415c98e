/**
 * A request of the doctor's, signed and as it is to be written to the wire. Its key is made for the run and known to
 * nobody: what proxies and servers write down of it is of no use.
 */
import { canonicalize, type FieldLine, readRequest, requestPolicy } from '@countersign/canonical';
import { createSigner } from '@countersign/client';
import { type DoctorRequest, LONG_FIELD, REQUEST_FIELD } from './requests.js';

export interface SentRequest {
  readonly about: string;
  readonly method: string;
  /** Raw, with the path of the echo route. */
  readonly target: string;
  /** All lines that are sent, Host first. */
  readonly headers: readonly FieldLine[];
  readonly body: Uint8Array;
  readonly chunked: boolean;
  /** What is signed. */
  readonly canonical: string;
  /** The field that carries the signature, in lower case. */
  readonly signatureField: string;
  /** By which its echo is known. */
  readonly id: string;
  /** Names in lower case of fields whose values are the caller's, and not shown. */
  readonly untold: ReadonlySet<string>;
  /** What was addressed, as a Host field has it. */
  readonly authority: string;
}

interface DoctorSigner {
  readonly sign: (request: DoctorRequest) => SentRequest;
}

/**
 * @param signatureField in lower case
 * @throws TypeError when the URL's authority or the field cannot be used
 */
export function doctorSigner(url: URL, signatureField: string, extra: readonly FieldLine[]): DoctorSigner {
  const signer = createSigner({
    keyId: 'countersign-doctor',
    secret: crypto.getRandomValues(new Uint8Array(32)),
    audience: url.host,
    header: signatureField,
    signHeaders: [LONG_FIELD],
  });
  const policy = requestPolicy({ audience: url.host, header: signatureField });
  const untold = new Set(extra.map(([name]) => name.toLowerCase()));
  const base = url.pathname.replace(/\/$/, '');
  const sign = (request: DoctorRequest): SentRequest => {
    const { about, method, path, query = '', body = new Uint8Array(), chunked = false } = request;
    const target = `${base}${path}${query}`;
    const id = crypto.randomUUID();
    const own = [...extra, ...(request.headers ?? []), [REQUEST_FIELD, id] as const];
    const signature = Object.entries(signer.sign({ method, target, headers: own, body }));
    const length: FieldLine[] = chunked
      ? [['Transfer-Encoding', 'chunked']]
      : request.body === undefined
        ? []
        : [['Content-Length', String(body.length)]];
    const headers: FieldLine[] = [
      ['Host', url.host],
      ...own,
      ...signature,
      ...length,
      ['Connection', 'close'],
    ];
    const canonical = canonicalize(readRequest({ method, target, headers }, policy).parts);
    return {
      about,
      method,
      target,
      headers,
      body,
      chunked,
      canonical,
      signatureField,
      id,
      untold,
      authority: url.host,
    };
  };
  return { sign };
}
