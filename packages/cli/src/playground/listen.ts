/** Listening on an address of this machine, and what such addresses mean. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../terminal/usage-error.js';

/**
 * Listens.
 *
 * @param port 0: any free one
 * @returns the port
 * @throws UsageError that says in one line why that is not possible
 */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UsageError(explain(error, host, port), { cause: error });
  }
  return (server.address() as AddressInfo).port;
}

/** An address as it stands in a URL. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function explain(error: unknown, host: string, port: number): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `--port: ${port} is in use: give another one, or 0 for any free one`;
  if (code === 'EACCES') return `--port: ${port} may not be used: give one above 1023, or 0 for any free one`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `--host: ${host} is no address of this machine`;
  return `cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`;
}
