/**
 * Sends a request as it is given, by node:http: unlike fetch it writes targets, names and values as they stand. It follows
 * no redirect, and keeps no connection.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SentRequest } from './sign.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface SendOptions {
  readonly url: URL;
  /** Takes any certificate. */
  readonly insecure: boolean;
  readonly timeoutMs: number;
}

/** Much more than an echo has. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Rejects when there is no whole answer in time. */
export async function send(sent: SentRequest, { url, insecure, timeoutMs }: SendOptions): Promise<Answer> {
  const { method, target, headers, body, chunked } = sent;
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      method,
      path: target,
      headers: headers.flat(),
      setHost: false,
      agent: false,
      rejectUnauthorized: !insecure,
      maxHeaderSize: 64 * 1024,
      signal: AbortSignal.timeout(timeoutMs),
    });
    outgoing.on('error', (error) =>
      reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs / 1000} s`) : error),
    );
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) outgoing.destroy(new Error('the answer is longer than any echo'));
        chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
      });
    });
    // Two pieces, so that a chunked body has two chunks.
    const half = Math.ceil(body.length / 2);
    if (chunked) outgoing.write(body.subarray(0, half));
    outgoing.end(chunked ? body.subarray(half) : body);
  });
}
