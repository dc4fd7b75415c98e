/** A client that uploads: a form from memory, and a large file from the disk. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { createFetch, createSigner, type FetchOptions, type SignedFetch } from '@countersign/client';

/** A `fetch` for the API. The audience is the API's own name, which is not that of a development host. */
export function apiFetch(secret: string, options: FetchOptions = {}): SignedFetch {
  return createFetch(createSigner({ keyId: 'partner_1', secret, audience: 'api.example.com' }), options);
}

/**
 * Sends a form. It is written once, with its boundary, hashed, and can be sent again as it is: after a lost connection or
 * a spent budget it is the same request with the same signature. For that it is held in memory.
 */
export async function sendDocument(
  fetch: SignedFetch,
  url: string,
  path: string,
  note: string,
): Promise<Response> {
  const form = new FormData();
  form.set('note', note);
  form.set('file', await openAsBlob(path), basename(path));
  return fetch(url, { method: 'POST', body: form });
}

/**
 * Sends a file as the part `file` of a form, without holding it in memory: it is read twice, for its digest and for its
 * bytes. A stream is sent once: when this call ends in an error, call it again, and it is another request.
 */
export async function sendVideo(fetch: SignedFetch, url: string, path: string): Promise<Response> {
  const boundary = `countersign-${randomUUID()}`;
  const form = () => fileForm(path, boundary);
  const digest = createHash('sha256');
  for await (const piece of form()) digest.update(piece);
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: ReadableStream.from(form()),
    digest: digest.digest('hex'),
  });
}

async function* fileForm(path: string, boundary: string): AsyncGenerator<Uint8Array> {
  const name = basename(path).replace(/["\r\n]/g, (character) => encodeURIComponent(character));
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  yield Buffer.from(head);
  yield* createReadStream(path);
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
