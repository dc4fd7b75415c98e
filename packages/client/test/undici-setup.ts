/** What the tests of the interceptor share: servers that end with the test, and calls that do not wait. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { afterEach } from 'vitest';
import type { CallOptions } from '../src/index.js';
import { createSigner, type Signer } from '../src/index.js';
import { countersign, type SignedDispatchOptions } from '../src/undici/index.js';
import { type FakeServer, fakeServer, KEY, type Reaction, type Received } from './fake-server.js';

export const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
/** Starts a fake server that ends with the test. */
export async function start(
  react?: (request: Received, index: number) => Reaction | undefined,
): Promise<FakeServer> {
  const server = await fakeServer(react);
  closers.push(() => server.close());
  return server;
}
/** One connection only, so that an answer that is not let go of would stop everything. */
export function compose(options: CallOptions = {}, signer: Signer = createSigner(KEY)) {
  const waits: number[] = [];
  const sleep = async (waitMs: number): Promise<void> => void waits.push(Math.round(waitMs));
  const agent = new Agent({ connections: 1 });
  closers.push(() => agent.destroy());
  return { dispatcher: agent.compose(countersign(signer, { random: () => 0, sleep, ...options })), waits };
}
type Options = Partial<Dispatcher.RequestOptions> & SignedDispatchOptions;
export async function send(dispatcher: Dispatcher, server: { origin: string }, options: Options = {}) {
  const request = {
    origin: server.origin,
    path: '/',
    method: 'GET',
    ...options,
  } as Dispatcher.RequestOptions;
  const { statusCode, headers, body } = await dispatcher.request(request);
  return { statusCode, headers, text: await body.text() };
}
/** A server whose answers with this status have a body without end, as fast as it is read; other answers are short. */
export async function startPump(status: number, endless: () => boolean = () => true) {
  const chunk = Buffer.alloc(65_536);
  let closed: () => void = () => {};
  const pump = {
    origin: '',
    bytes: 0,
    closed: new Promise<void>((resolve) => {
      closed = resolve;
    }),
  };
  const server = createServer((_, response) => {
    if (!endless()) return void response.end('short');
    response.writeHead(status);
    const more = (): void => {
      do pump.bytes += chunk.length;
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more).on('close', closed);
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  pump.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return pump;
}
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
