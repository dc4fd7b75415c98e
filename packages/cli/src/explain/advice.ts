/**
 * What to do about each refusal, in the words of the options that bring it about. The reason of a single case comes
 * from the verifier.
 */
import type { RefusalCode } from '@countersign/server';

export const ADVICE: Readonly<Record<RefusalCode, string>> = {
  'missing-signature':
    'sign the request; where the signature has a field of its own, both sides need the same option header (here --header)',
  'malformed-signature':
    'write the field as in spec 2.1: seven quoted parameters in their order, one comma and one space between them, on one line',
  'malformed-target':
    'send a target in origin-form or an http(s) URL, percent-encoded, and let no hop decode it (spec 2.2.4)',
  'ambiguous-target': 'resolve . and .. in the path before signing, as new URL() does',
  'malformed-request':
    'a field that is present has to be signed where the verifier demands it (spec 2.2.6), and a signed field has to arrive once: see what adds, joins or drops it on the way',
  'wrong-audience':
    "add the name that clients address to the verifier's audience, or have them address the one that is there (signer option audience)",
  'invalid-signature':
    'compare the canonical strings of both sides: countersign explain; if they are equal, the secret differs, or the key is disabled, expired or not yet valid',
  'stale-timestamp':
    'correct the clock of the client (createFetch does it by the verdict), sign each request when it is sent; a wider window is the verifier option tolerance: { pastMs }',
  'future-timestamp':
    'correct the clock of the client: it runs ahead of the server by more than tolerance: { futureMs }',
  'scope-mismatch':
    'sign with the scope of the route or with none; where the client may ask for a deeper scope, give the route children: true',
  'scope-not-granted': "add the scope, or one that contains it, to the key's scopes",
  'digest-mismatch':
    'send the very bytes that were signed: no serializing again, no recompression, no transformation on the way',
  'body-too-large': "send less, or raise the verifier's maxBodyBytes",
  'body-timeout': "send the body faster, or raise the verifier's bodyTimeoutMs",
  'replayed-nonce':
    'it was admitted before: sign every call anew (createFetch does), and look for what sends requests twice',
  'rate-limited': 'wait as long as Retry-After says and send the same signed request again, or raise limits',
  'too-many-failures':
    'this address sent too many requests that proved no key: correct those (a valid signature is still admitted)',
  'store-unavailable': "see to the verifier's store or key directory; send the same signed request again",
  'store-recovering': 'sign anew after the time in Retry-After: the store lost or gave up part of its memory',
};
