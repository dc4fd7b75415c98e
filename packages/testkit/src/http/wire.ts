/**
 * A raw HTTP/1.1 client for tests: sends bytes as they are, in pieces and with pauses, and reads the answers that come
 * back. It judges nothing and repairs nothing.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignedHead } from '../signing.js';

/** One answer as it came. */
export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; lines of one name joined by comma and space. */
  readonly headers: Readonly<Record<string, string>>;
  /** As UTF-8. */
  readonly body: string;
}

/** What came back on one connection. */
export interface Exchange {
  readonly answers: readonly WireAnswer[];
  /** Whether the server closed the connection, and after how many milliseconds from the last byte sent. */
  readonly closed: boolean;
  readonly closedAfterMs: number;
  /** The bytes as they came, one character each. */
  readonly text: string;
}

export interface ExchangeOptions {
  /** How many answers end the exchange; without it, the server's closing or silence does. */
  readonly answers?: number;
  /** Methods of the requests in their order, where one is HEAD: its answer has no body. */
  readonly methods?: readonly string[];
  /** How long a silence ends the exchange, in milliseconds. Default 3000. */
  readonly silenceMs?: number;
  /** Closes the client's side after the last byte. */
  readonly thenEnd?: boolean;
  /** Destroys the connection after the last byte; nothing is waited for. */
  readonly thenDestroy?: boolean;
}

/** A piece of a request, or a pause in milliseconds. */
export type Piece = string | Uint8Array | number;

/** The bytes of a signed request; `more` are further field lines, after the signed ones. */
export function wireBytes(head: SignedHead, more: readonly string[] = []): Buffer {
  const body = Buffer.from(head.body);
  const length =
    body.length > 0 && !more.some((line) => FRAMING.test(line)) ? [`Content-Length: ${body.length}`] : [];
  return Buffer.concat([wireHead(head, [...length, ...more]), body]);
}

const FRAMING = /^(?:content-length|transfer-encoding):/i;

/** The bytes of a head, its end included. */
export function wireHead(head: SignedHead, more: readonly string[] = []): Buffer {
  const lines = [
    `${head.method} ${head.target} HTTP/1.1`,
    ...head.headers.map(([name, value]) => `${name}: ${value}`),
    ...more,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** The body in chunked coding, each piece a chunk. */
export function chunked(...pieces: readonly string[]): string {
  return [...pieces, ''].map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join('');
}

/** Sends pieces over one connection and reads what comes back. */
export async function exchange(
  port: number,
  pieces: readonly Piece[],
  options: ExchangeOptions = {},
): Promise<Exchange> {
  const { answers: expected = Number.POSITIVE_INFINITY, methods = [], silenceMs = 3000 } = options;
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let text = '';
  let closed = false;
  let lastSentAt = performance.now();
  let closedAfterMs = Number.NaN;
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, silenceMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      timer.refresh();
      if (readAnswers(text, methods).length >= expected) resolve();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
      closedAfterMs = performance.now() - lastSentAt;
      clearTimeout(timer);
      resolve();
    });
  });
  for (const piece of pieces) {
    if (typeof piece === 'number') await sleep(piece);
    else if (!socket.destroyed) await write(socket, piece);
    lastSentAt = performance.now();
  }
  if (options.thenDestroy) socket.destroy();
  if (options.thenEnd) socket.end();
  await over;
  const serverClosed = closed;
  socket.destroy();
  return { answers: readAnswers(text, methods), closed: serverClosed, closedAfterMs, text };
}

/** One signed request on a connection of its own. */
export async function sendSigned(
  port: number,
  head: SignedHead,
  more: readonly string[] = [],
): Promise<WireAnswer> {
  const { answers, text } = await exchange(port, [wireBytes(head, more)], {
    answers: 1,
    methods: [head.method],
    silenceMs: 20_000,
  });
  const [answer] = answers;
  if (answer === undefined) throw new Error(`no answer, but ${JSON.stringify(text)}`);
  return answer;
}

function write(socket: Socket, piece: string | Uint8Array): Promise<void> {
  const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}

/** The complete answers at the beginning of `text`. */
function readAnswers(text: string, methods: readonly string[]): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    const after = rest.slice(end + 4);
    if (status === 100) {
      rest = after;
      continue;
    }
    const bodiless = methods[answers.length] === 'HEAD' || status === 204 || status === 304 || status === 101;
    const read = bodiless ? { body: '', length: 0 } : readBody(after, headers);
    if (read === undefined) return answers;
    answers.push({ status, headers, body: Buffer.from(read.body, 'latin1').toString() });
    rest = after.slice(read.length);
  }
}

function readBody(
  text: string,
  headers: Readonly<Record<string, string>>,
): { readonly body: string; readonly length: number } | undefined {
  if (headers['transfer-encoding'] === undefined) {
    const length = Number(headers['content-length'] ?? 0);
    return text.length < length ? undefined : { body: text.slice(0, length), length };
  }
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
    if (size === 0) return { body, length: at };
  }
}
