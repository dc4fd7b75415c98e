/**
 * What sends for the signed fetch: node:http, so that the bytes of an answer come as they are, and heads can be shown as
 * they went. It signs nothing, follows nothing and sends nothing twice.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import type { FieldLine } from '@countersign/canonical';

/** A request as it is sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly lines: readonly FieldLine[];
  readonly bodyBytes: number;
}

/** The head of an answer as it came. */
export interface ReceivedHead {
  readonly httpVersion: string;
  readonly status: number;
  readonly statusText: string;
  readonly lines: readonly FieldLine[];
}

export interface TransportOptions {
  readonly insecure: boolean;
  /** PEM; default: the platform's authorities. */
  readonly ca: string | undefined;
  readonly connectTimeoutMs: number | undefined;
  /** Unpack the answers. */
  readonly decompress: boolean;
  /** Hears of a request when its connection stands, so when something may have been sent. */
  readonly onSent: (sent: SentRequest) => void;
  readonly onAnswer: (sent: SentRequest, head: ReceivedHead) => void;
}

/** No connection within the time that was given for it. */
export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
}

const WITHOUT_BODY = new Set([204, 205, 304]);

/** Makes a `fetch` for texts and bytes. It rejects with what node:http says. */
export function createTransport(options: TransportOptions): typeof globalThis.fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const { method = 'GET', body, signal } = init;
      if (body !== null && body !== undefined && !(body instanceof Uint8Array)) {
        throw new TypeError('body: expected bytes');
      }
      const headers = new Headers(init.headers);
      const lines: FieldLine[] = [['host', headers.get('host') ?? url.host]];
      headers.delete('host');
      lines.push(...headers);
      if (body || /^(POST|PUT|PATCH)$/.test(method))
        lines.push(['content-length', String(body?.length ?? 0)]);
      const sent: SentRequest = { method, url, lines, bodyBytes: body?.length ?? 0 };

      const secure = url.protocol === 'https:';
      const request = (secure ? requestHttps : requestHttp)(url, {
        method,
        headers: Object.fromEntries(lines),
        agent: false,
        rejectUnauthorized: !options.insecure,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(signal ? { signal } : {}),
      });
      request.on('socket', (socket) => {
        const { connectTimeoutMs } = options;
        const timer =
          connectTimeoutMs &&
          setTimeout(
            () => request.destroy(new ConnectTimeoutError(`no connection within ${connectTimeoutMs} ms`)),
            connectTimeoutMs,
          );
        socket.once('close', () => clearTimeout(timer));
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          clearTimeout(timer);
          options.onSent(sent);
        });
      });
      request.on('error', reject);
      request.on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Error('the server switched protocols'));
      });
      request.on('response', (message) => {
        const head = readHead(message);
        if (head.status < 200 || head.status > 599) {
          message.destroy();
          reject(new Error(`the answer has the status ${head.status}`));
          return;
        }
        const response = toResponse(message, head, method, options.decompress);
        options.onAnswer(sent, head);
        resolve(response);
      });
      request.end(body ?? undefined);
    });
}

function readHead({
  httpVersion,
  statusCode = 0,
  statusMessage = '',
  rawHeaders,
}: IncomingMessage): ReceivedHead {
  const lines: FieldLine[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return { httpVersion, status: statusCode, statusText: statusMessage, lines };
}

function toResponse(
  message: IncomingMessage,
  head: ReceivedHead,
  method: string,
  decompress: boolean,
): Response {
  const headers = new Headers(head.lines.map(([name, value]): [string, string] => [name, value]));
  const init = { status: head.status, headers };
  if (method === 'HEAD' || WITHOUT_BODY.has(head.status)) {
    message.resume();
    return new Response(null, init);
  }
  const packed = decompress ? unpacker(headers.get('content-encoding') ?? '') : undefined;
  // The error of a cut answer comes out of the stream that is read.
  const stream = packed === undefined ? message : pipeline(message, packed, () => undefined);
  return new Response(Readable.toWeb(stream), init);
}

function unpacker(coding: string): Transform | undefined {
  if (/^(x-)?gzip$|^deflate$/i.test(coding)) return createUnzip();
  return /^br$/i.test(coding) ? createBrotliDecompress() : undefined;
}
