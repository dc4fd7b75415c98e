/** Someone between client and server: takes a signed upload, and sends it on changed, in part, or as it is. */
import { type IncomingMessage, request } from 'node:http';
import { createSigner } from '@countersign/client';
import { AUDIENCE } from './server.js';

/** An upload as it is on the wire. */
export interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  /** `admitted`, the problem's code, or multer's. */
  readonly code: string;
  /** Whether the problem says that the request was charged. */
  readonly charged: boolean;
}

/** A form with a file and a note, signed. */
export async function signedUpload(
  secret: string,
  url: string,
  file: Uint8Array<ArrayBuffer>,
): Promise<Upload> {
  const form = new FormData();
  form.set('note', 'for the files');
  form.set('file', new Blob([file]), 'report.bin');
  const written = new Response(form);
  const body = Buffer.from(await written.arrayBuffer());
  const headers = { 'content-type': written.headers.get('content-type') ?? '' };
  const signer = createSigner({ keyId: 'partner_1', secret, audience: AUDIENCE });
  return { url, body, headers: { ...headers, ...signer.sign({ method: 'POST', url, headers, body }) } };
}

/** Sends it; with `body: null` the head alone, though it announces the rest. */
export function passOn({ url, headers, body }: Upload, changed: Buffer | null = body): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(changed?.length ?? body.length) };
    const sent = request(url, { method: 'POST', headers: { ...headers, ...length }, agent: false });
    let answered = false;
    sent.on('response', (response) => {
      answered = true;
      readAnswer(response).then(resolve, reject);
    });
    // A server that refuses by the head closes while the body is on its way.
    sent.on('error', (error) => answered || reject(error));
    if (changed === null) sent.flushHeaders();
    else sent.end(changed);
  });
}

/** Sends half of it, calls `between` when that half has arrived, and goes away. */
export async function cut({ url, headers, body }: Upload, between: () => Promise<void>): Promise<void> {
  const length = { 'content-length': String(body.length) };
  const sent = request(url, { method: 'POST', headers: { ...headers, ...length }, agent: false });
  const closed = new Promise<void>((resolve) => sent.on('close', () => resolve()));
  sent.on('error', () => {});
  await new Promise<void>((resolve) => sent.write(body.subarray(0, body.length / 2), () => resolve()));
  await between();
  sent.destroy();
  await closed;
}

/** The same bytes but one. */
export function withByteChanged(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  const at = changed.length >> 1;
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** The same form, with a part or a file called otherwise; of the same length. */
export function renamed(body: Buffer, from: string, to: string): Buffer {
  return Buffer.from(body.toString('latin1').replace(from, to), 'latin1');
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const { code, error, charged = false } = JSON.parse((await response.toArray()).join(''));
  return { status: response.statusCode ?? 0, code: code ?? error ?? 'admitted', charged };
}
