/** hawk 9, with its payload hash; and with what an application adds so that it refuses replays and counts. */
import { type Credentials, client, type HawkRequest, server } from 'hawk';
import type { Call } from '../alternate.js';
import { type Body, CONTENT_TYPE, HOST, METHOD, TARGET, URL_TEXT } from '../order-request.js';
import { made, repeated } from './calls.js';
import { flexibleBudgets } from './limiters.js';

export const CREDENTIALS: Credentials = {
  id: 'key_live_1',
  key: 'werxhqb98rpaxn39848xrunpaw3489ru',
  algorithm: 'sha256',
};
/** How far hawk lets a time be off, and so how long a nonce has to be kept. */
const NONCE_MS = 120_000;

/** With a nonce of its own: hawk's have 36 bits, and two of as many as are sent here would be the same. */
export function hawkHeader(payload: Uint8Array, url: string = URL_TEXT): string {
  const options = {
    credentials: CREDENTIALS,
    payload,
    contentType: CONTENT_TYPE,
    nonce: crypto.randomUUID(),
  };
  return client.header(url, METHOD, options).header;
}

export function hawkRequest(authorization: string, port = 443): HawkRequest {
  return { method: METHOD, url: TARGET, host: HOST, port, authorization, contentType: CONTENT_TYPE };
}

/** hawk's `nonceFunc` over a Map, which forgets from its old end. */
export function nonceMap(): (key: string, nonce: string, ts: string) => void {
  const seen = new Map<string, number>();
  return (key, nonce, ts) => {
    const nowMs = Date.now();
    for (const [old, untilMs] of seen) {
      if (untilMs > nowMs) break;
      seen.delete(old);
    }
    const name = `${key}:${ts}:${nonce}`;
    if (seen.has(name)) throw new Error('replayed');
    seen.set(name, nowMs + NONCE_MS);
  };
}

export function signWithHawk({ text }: Body): Call<undefined> {
  const options = { credentials: CREDENTIALS, contentType: CONTENT_TYPE };
  return repeated({
    name: 'hawk',
    role: 'peer',
    note: 'client.header with payload',
    call: () => client.header(URL_TEXT, METHOD, { ...options, payload: text }).header,
  });
}

export function verifyWithHawk({ bytes }: Body): Call<HawkRequest> {
  return {
    name: 'hawk',
    role: 'peer',
    note: 'MAC, payload hash, freshness; no replay check, no budget',
    prepare: (count) => made(count, () => hawkRequest(hawkHeader(bytes))),
    call: (request) => server.authenticate(request, () => CREDENTIALS, { payload: bytes }),
  };
}

export function verifyWithHawkAndLimiter({ bytes }: Body): Call<HawkRequest> {
  const options = { payload: bytes, nonceFunc: nonceMap() };
  const consume = flexibleBudgets();
  return {
    name: 'hawk + Map + rate-limiter-flexible',
    role: 'peer',
    note: 'MAC, payload hash, freshness, replay, two budgets',
    prepare: (count) => made(count, () => hawkRequest(hawkHeader(bytes))),
    call: async (request) => {
      const { credentials } = await server.authenticate(request, () => CREDENTIALS, { ...options });
      await consume(credentials.id);
    },
  };
}
