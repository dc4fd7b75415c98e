/** Requests that are right, of as many kinds as the protocol knows: what the damaged ones were before. */
import { type SignedHead, type SigningInput, signHead, TEST_AUDIENCE } from '@countersign/testkit';

/** A time for all that is signed in process: Unix time in milliseconds. */
export const SIGNED_AT_MS = 1_763_750_000_000;

const JSON_TYPE = ['content-type', 'application/json'] as const;
const BODY = '{"amount":1299}';

const KINDS: readonly Omit<SigningInput, 'signedAtMs'>[] = [
  {},
  { target: '/' },
  { target: '/v1/orders?b=2&a=1&a=2&a[x]=3' },
  { target: '/v1/%7eeu;x=1/a%2Fb?q=a+b%20c%2Bd&empty=&none' },
  { target: `http://${TEST_AUDIENCE}/v1/orders?x=%FF` },
  { method: 'DELETE', target: '/v1//orders/7/', scope: 'orders:write:t7' },
  { method: 'POST', headers: [JSON_TYPE], body: BODY, scope: 'orders:write' },
  { method: 'PUT', target: '/v1/orders/%C3%A9', headers: [JSON_TYPE], body: BODY },
  {
    method: 'POST',
    headers: [JSON_TYPE, ['content-encoding', 'identity'], ['idempotency-key', 'k 1'], ['x-note', '']],
    body: BODY,
  },
  {
    method: 'PATCH',
    headers: [['if-match', '"v1"'], JSON_TYPE, ['x-http-method-override', 'PUT']],
    body: BODY,
  },
];

export const KINDS_OF_REQUEST: number = KINDS.length;

/** @param kind below `KINDS_OF_REQUEST`; @param nonce default: a fresh one */
export function original(kind: number, signedAtMs: number, nonce?: string): SignedHead {
  return signHead({ ...KINDS[kind], signedAtMs, ...(nonce === undefined ? {} : { nonce }) });
}
