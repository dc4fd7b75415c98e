/** What the tests of the signed fetch share: servers that end with the test, and calls that do not wait. */
import { createHash } from 'node:crypto';
import { afterEach } from 'vitest';
import { createFetch, createSigner, type FetchOptions, type Signer } from '../src/index.js';
import { type FakeServer, fakeServer, KEY, type Reaction, type Received } from './fake-server.js';

const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
/** Starts a fake server that ends with the test. */
export async function start(
  react?: (request: Received, index: number) => Reaction | undefined | Promise<Reaction | undefined>,
) {
  const server = await fakeServer(react);
  servers.push(server);
  return server;
}
/** Waits are noted, not waited. */
export function quick(options: FetchOptions = {}, signer: Signer = createSigner(KEY)) {
  const waits: number[] = [];
  const sleep = async (waitMs: number): Promise<void> => void waits.push(Math.round(waitMs));
  return { fetch: createFetch(signer, { random: () => 0, sleep, ...options }), waits };
}
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
