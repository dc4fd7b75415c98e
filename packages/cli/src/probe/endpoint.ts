/** Where a probe connects: one address, looked up once, so that what was asked about is what is attacked. */
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isLoopback } from '../loopback.js';
import { UsageError } from '../terminal/usage-error.js';

export interface Endpoint {
  readonly url: URL;
  readonly address: string;
  readonly port: number;
  /** Whether the address is of this machine. */
  readonly loopback: boolean;
}

/** @throws UsageError when the name has no address */
export async function findEndpoint(url: URL): Promise<Endpoint> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const { address } = await lookup(host).catch((cause: Error) => {
    throw new UsageError(`${url.hostname}: ${cause.message}: check the name`, { cause });
  });
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return { url, address, port, loopback: isLoopback(address) };
}

/** A new connection, ready to be written to. Rejects when there is none. */
export function connectTo({ url, address, port }: Endpoint, withinMs: number): Promise<Socket> {
  const host = url.hostname;
  const secure = url.protocol === 'https:';
  const socket = secure
    ? connectTls({
        host: address,
        port,
        ...(isIPv6(host) || /^[\d.]+$/.test(host) ? {} : { servername: host }),
      })
    : connectTcp({ host: address, port });
  return new Promise((resolve, reject) => {
    socket.setTimeout(withinMs, () => socket.destroy(new Error('no connection within the time')));
    socket.once('error', reject);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
