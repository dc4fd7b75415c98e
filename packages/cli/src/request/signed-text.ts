/**
 * What a signed request says that it signed, read back as a verifier reads it: its canonical string, its parts, its
 * signature. It proves nothing.
 */
import {
  type AuthorizationFields,
  canonicalize,
  type FieldLine,
  type RequestParts,
  readRequest,
  requestPolicy,
} from '@countersign/canonical';

/** A request with its signature among the header lines. */
interface SignedHead {
  readonly method: string;
  readonly url: URL;
  readonly headers: Iterable<FieldLine>;
}

export interface SignedText {
  readonly canonical: string;
  readonly parts: RequestParts;
  readonly authorization: AuthorizationFields;
}

/**
 * @param audience that was signed; default: the host of the URL
 * @param header the field that carries the signature
 * @throws CanonicalError when there is no signature, or the request is not as it was signed
 */
export function signedText(
  { method, url, headers }: SignedHead,
  { audience = url.host, header }: { readonly audience?: string | undefined; readonly header?: string },
): SignedText {
  const policy = requestPolicy({ audience, ...(header === undefined ? {} : { header }) });
  const { authorization, parts } = readRequest(
    { method, target: url.pathname + url.search, headers },
    policy,
  );
  return { canonical: canonicalize(parts), parts, authorization };
}
