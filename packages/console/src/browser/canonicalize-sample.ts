/** The request that the page begins with, and fresh times and nonces. The key is that of the published vectors. */
import type { Filling } from './canonicalize-form.js';

const NOTHING: Filling = {
  mode: 'sign',
  method: 'GET',
  target: '',
  headers: '',
  body: new Uint8Array(),
  keyId: '',
  secret: '',
  scope: '',
  signedNames: undefined,
  signatureField: '',
  audienceKind: 'any',
  audience: '',
  requireSigned: '',
};

/** Empty fields, the secret's too, with a time and a nonce. */
export function emptyFilling(): Filling {
  return { ...NOTHING, timestamp: currentTime(), nonce: randomNonce() };
}

/** A request whose canonical string is not what was typed. */
export function sampleFilling(): Filling {
  return {
    ...emptyFilling(),
    method: 'POST',
    target:
      'https://API.example.com:443/v1/orders/%7Eeu?note=caf%c3%a9+cr%C3%A8me&item[1]=tea&item[0]=milk&currency=EUR',
    headers: 'Content-Type: application/json\nIdempotency-Key: order-7431\nAccept: application/json',
    body: new TextEncoder().encode('{"sku":"A-113","quantity":2}'),
    keyId: 'key_live_1',
    secret: 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
    scope: 'orders:write',
  };
}

/** Now, as the protocol writes it. */
export function currentTime(): string {
  return String(Date.now());
}

/** A UUID of version 4. `crypto.randomUUID` is there on secure origins only, and a console may stand on another. */
export function randomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
