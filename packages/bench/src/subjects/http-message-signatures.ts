/** http-message-signatures (RFC 9421) with hmac-sha256, covering what Countersign covers, the body by Content-Digest. */
import { hash } from 'node:crypto';
import { createSigner, createVerifier, httpbis, type Request } from 'http-message-signatures';
import type { Call } from '../alternate.js';
import { type Body, CONTENT_TYPE, HOST, METHOD, URL_TEXT } from '../order-request.js';
import { made, repeated } from './calls.js';

const KEY = Buffer.alloc(32, 7);
const FIELDS = ['@method', '@authority', '@path', '@query', 'content-type', 'content-digest'];
const NAME = 'http-message-signatures';

/** RFC 9530. */
function contentDigest(body: string | Uint8Array): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`;
}

function sign(body: string | Uint8Array): Promise<Request> {
  const headers = { host: HOST, 'content-type': CONTENT_TYPE, 'content-digest': contentDigest(body) };
  return httpbis.signMessage(
    {
      key: createdKey,
      fields: FIELDS,
      params: ['created', 'keyid', 'nonce', 'alg'],
      paramValues: { nonce: crypto.randomUUID() },
    },
    { method: METHOD, url: URL_TEXT, headers },
  );
}

const createdKey = createSigner(KEY, 'hmac-sha256', 'key_live_1');

export function signWithHttpMessageSignatures({ text }: Body): Call<undefined> {
  return repeated({
    name: NAME,
    role: 'peer',
    note: 'RFC 9421 with Content-Digest',
    call: () => sign(text),
  });
}

export function verifyWithHttpMessageSignatures({ bytes }: Body): Call<Request> {
  const key = { id: 'key_live_1', algs: ['hmac-sha256'], verify: createVerifier(KEY, 'hmac-sha256') };
  const config = {
    keyLookup: async () => key,
    requiredFields: FIELDS,
    requiredParams: ['created', 'nonce'],
    maxAge: 300,
    tolerance: 10,
  };
  return {
    name: NAME,
    role: 'peer',
    note: 'MAC, Content-Digest, freshness; no replay check, no budget',
    prepare: (count) => made(count, () => sign(bytes)),
    call: async (request) => {
      if ((await httpbis.verifyMessage(config, request)) !== true) throw new Error('signature refused');
      if (request.headers['content-digest'] !== contentDigest(bytes)) throw new Error('digest refused');
    },
  };
}
