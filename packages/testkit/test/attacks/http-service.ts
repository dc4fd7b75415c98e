/**
 * A service on a real socket: node:http, a verifier in front of a handler, and nothing in between. And a client that
 * writes whatever bytes it likes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { RouteOptions, Verifier } from '@countersign/server';
import { onTestFinished } from 'vitest';
import type { SignedHead } from '../../src/index.js';

export interface HttpService {
  readonly port: number;
  /** Method and target of each request that reached the handler. */
  readonly handled: string[];
}

/** Serves on a free port until the test is over. An answer's body is the verdict's code, or `admitted`. */
export async function listen(
  verifier: Verifier,
  route: RouteOptions = { scope: 'orders' },
): Promise<HttpService> {
  const handled: string[] = [];
  const server = createServer(async (request, response) => {
    const code = await answer(verifier, route, request, response);
    if (code === 'admitted') handled.push(`${request.method} ${request.url}`);
    response.end(code);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { port: (server.address() as AddressInfo).port, handled };
}

async function answer(
  verifier: Verifier,
  route: RouteOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string> {
  const { method = '', url = '', rawHeaders, socket } = request;
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : [],
  );
  const address = socket.remoteAddress;
  const incoming = { method, target: url, headers, ...(address === undefined ? {} : { address }) };
  const proved = await verifier.verify(incoming, route);
  const verdict = proved.ok ? await proved.buffer(request) : proved;
  for (const [name, value] of Object.entries(verdict.headers)) response.setHeader(name, value);
  if (verdict.ok) return 'admitted';
  response.statusCode = verdict.status;
  if (verdict.closeConnection) response.setHeader('connection', 'close');
  return verdict.code;
}

/** A head as it goes over the wire, up to the empty line. */
export function wireHead(head: SignedHead, ...lines: readonly string[]): string {
  const fields = head.headers.map(([name, value]) => `${name}: ${value}`);
  return [`${head.method} ${head.target} HTTP/1.1`, ...fields, ...lines, '', ''].join('\r\n');
}

/** The whole request, with the length of its body and no connection kept. */
export function wireRequest(head: SignedHead, ...lines: readonly string[]): Buffer {
  const body = Buffer.from(head.body);
  const length = body.length === 0 ? [] : [`content-length: ${body.length}`];
  return Buffer.concat([
    Buffer.from(wireHead(head, 'connection: close', ...length, ...lines), 'latin1'),
    body,
  ]);
}

/** Writes bytes to a connection of their own. Gives the status and the body of the answer. */
export async function exchange(port: number, bytes: Buffer): Promise<{ status: number; body: string }> {
  const socket = await open(port);
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('latin1');
  const [head = '', rest = ''] = text.split('\r\n\r\n', 2);
  const chunked = /^transfer-encoding: chunked/im.test(head);
  const body = chunked ? (rest.split('\r\n')[1] ?? '') : rest;
  return { status: Number(head.split(' ')[1] ?? 0), body };
}

export function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
