/**
 * Upgrades of `node:http` servers, such as WebSocket: the verdict on the request that asks for one, and a refusal
 * written on its bare socket. What is said on the connection afterwards is not signed.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refused, Verdict } from '../verdict.js';
import type { Verifier } from '../verifier.js';
import { nodeRequest } from './node-request.js';
import { type AdapterOptions, requireAdapterOptions } from './options.js';

/**
 * Makes a function that verifies and admits the request of an `upgrade` event. The request has no body: its digest
 * is that of the empty string.
 *
 * @throws TypeError or RangeError that names the option
 */
export function verifyUpgrade(
  verifier: Verifier,
  options: AdapterOptions,
): (incoming: IncomingMessage) => Promise<Verdict> {
  requireAdapterOptions(options);
  const { scope, children, cost } = options;
  const route = {
    scope,
    body: '',
    ...(children === undefined ? {} : { children }),
    ...(cost === undefined ? {} : { cost }),
  };
  return async (incoming) => {
    // Node has taken its own listeners off: an unheard error of the socket would end the process.
    incoming.socket.on('error', ignore);
    return await verifier.verify(nodeRequest(incoming, incoming.url ?? '', options), route);
  };
}

/** Answers an upgrade with a refusal and closes the connection. */
export function refuseUpgrade(socket: Duplex, refused: Refused): void {
  socket.on('error', ignore);
  const body = JSON.stringify(refused.problem);
  const fields = {
    ...refused.headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refused.status} ${refused.problem.title}\r\n${lines.join('')}\r\n${body}`, () => {
    socket.destroy();
  });
}

function ignore(): void {}
