/** The feed over real sockets: what is refused before the upgrade, and what becomes of the sockets. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createSigner } from '@countersign/client';
import type { KeyConfig } from '@countersign/server';
import { TEST_SECRET } from '@countersign/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFeed, signHandshake } from '../src/client.js';
import { createFeed, type FeedOptions, KEY_REVOKED, LIFE_OVER } from '../src/server.js';

async function serve(options: Partial<FeedOptions> = {}) {
  const table: Record<string, KeyConfig> = {
    acme_1: { secret: TEST_SECRET, owner: 'acme', scopes: ['feed'], disabled: false },
    acme_2: { secret: TEST_SECRET, owner: 'acme', scopes: ['feed'], disabled: false },
    other: { secret: TEST_SECRET, scopes: ['invoices'], disabled: false },
  };
  const audience = 'feed.example.com';
  const feed = createFeed({ findKey: (id) => table[id], audience, ...options });
  const connections = new Set<Socket>();
  feed.server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  feed.server.listen(0, '127.0.0.1');
  await once(feed.server, 'listening');
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    feed.server.close();
  });
  const { port } = feed.server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/v1/feed?b=2&a=1`;
  const sign = (keyId: string, scope = '') =>
    signHandshake(createSigner({ keyId, secret: TEST_SECRET, audience, scope }), url);
  const connectionsAre = (count: number) =>
    expect.poll(() => connections.size, { timeout: 10_000 }).toBe(count);
  return { feed, table, port, url, sign, connectionsAre };
}

describe('a verified upgrade', () => {
  it('opens once: the replayed handshake is refused with 409, and leaves no connection', async () => {
    const { feed, url, sign, connectionsAre } = await serve();
    const handshake = sign('acme_1');
    await openFeed(url, handshake);
    await expect(openFeed(url, handshake)).rejects.toMatchObject({ status: 409, code: 'replayed-nonce' });
    expect(feed.open()).toBe(1);
    await connectionsAre(1);
  });

  it('refuses before the upgrade: unsigned, another scope, a changed target, another path', async () => {
    const { feed, url, sign, connectionsAre } = await serve();
    await expect(openFeed(url, {})).rejects.toMatchObject({ status: 401, code: 'missing-signature' });
    await expect(openFeed(url, sign('other'))).rejects.toMatchObject({
      status: 403,
      code: 'scope-not-granted',
    });
    await expect(openFeed(url, sign('acme_1', 'invoices'))).rejects.toMatchObject({
      status: 403,
      code: 'scope-mismatch',
    });
    const changed = url.replace('a=1', 'a=2');
    await expect(openFeed(changed, sign('acme_1'))).rejects.toMatchObject({
      status: 401,
      code: 'invalid-signature',
    });
    await expect(openFeed(url.replace('feed', 'food'), sign('acme_1'))).rejects.toMatchObject({
      status: 404,
    });
    expect(feed.open()).toBe(0);
    await connectionsAre(0);
  });

  it('counts handshakes for the owner, over all of his keys', async () => {
    const { url, sign, connectionsAre } = await serve();
    for (const key of ['acme_1', 'acme_2', 'acme_1']) await openFeed(url, sign(key));
    await expect(openFeed(url, sign('acme_2'))).rejects.toMatchObject({ status: 429, code: 'rate-limited' });
    await connectionsAre(3);
  });

  it('keeps nothing of a client that is gone before its verdict', async () => {
    const { feed, port, sign, connectionsAre } = await serve();
    const socket = connect(port, '127.0.0.1');
    await connectionsAre(1);
    const fields =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(
      `GET /v1/feed?b=2&a=1 HTTP/1.1\r\nHost: x\r\n${fields}\r\nAuthorization: ${sign('acme_1')['authorization']}\r\n\r\n`,
      () => socket.resetAndDestroy(),
    );
    await once(socket, 'close');
    await connectionsAre(0);
    await expect.poll(() => feed.open()).toBe(0);
  });

  it("answers by the owner that was proved, and publishes to that owner's sockets alone", async () => {
    const { feed, url, sign } = await serve();
    const socket = await openFeed(url, sign('acme_1'));
    socket.send('{"owner":"other"}');
    expect(JSON.parse(String((await once(socket, 'message'))[0])).owner).toBe('acme');
    feed.publish('other', 'not for acme');
    feed.publish('acme', 'for acme');
    expect(String((await once(socket, 'message'))[0])).toBe('for acme');
  });

  it('closes the sockets of a revoked key, and of no other; a new handshake with it is refused', async () => {
    const { feed, table, url, sign } = await serve();
    const revoked = await openFeed(url, sign('acme_1'));
    const kept = await openFeed(url, sign('acme_2'));
    table['acme_1'] = { secret: TEST_SECRET, owner: 'acme', scopes: ['feed'], disabled: true };
    const closed = once(revoked, 'close');
    feed.revoke('acme_1');
    expect((await closed)[0]).toBe(KEY_REVOKED);
    await expect(openFeed(url, sign('acme_1'))).rejects.toMatchObject({ status: 401 });
    await expect.poll(() => feed.open()).toBe(1);
    expect(kept.readyState).toBe(kept.OPEN);
  });

  it('waits a second for a revoked client that does not close, and for it alone', async () => {
    const { feed, port, sign, connectionsAre } = await serve();
    const socket = connect(port, '127.0.0.1');
    const fields =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(
      `GET /v1/feed?b=2&a=1 HTTP/1.1\r\nHost: x\r\n${fields}\r\nAuthorization: ${sign('acme_1')['authorization']}\r\n\r\n`,
    );
    await once(socket, 'data');
    expect(feed.open()).toBe(1);
    feed.revoke('acme_1');
    expect(feed.open()).toBe(0);
    await connectionsAre(0);
  });

  it('ends a socket whose client does not read what it is told', async () => {
    const { feed, url, sign } = await serve();
    const socket = await openFeed(url, sign('acme_1'));
    socket.pause();
    const text = 'x'.repeat(2 ** 16);
    for (let sent = 0; sent < 1_000 && feed.open() > 0; sent++) {
      feed.publish('acme', text);
      await new Promise(setImmediate);
    }
    expect(feed.open()).toBe(0);
  });

  it('closes a socket that has lived long enough', async () => {
    const { url, sign } = await serve({ maxLifeMs: 30 });
    const socket = await openFeed(url, sign('acme_1'));
    expect((await once(socket, 'close'))[0]).toBe(LIFE_OVER);
  });

  it('is shown by one command, which keeps every promise', async () => {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main]);
    expect(stdout).not.toContain('BROKEN');
    expect(stdout.match(/^kept /gm)).toHaveLength(12);
    expect(stdout).toMatch(/the same handshake once more +HandshakeRefusedError: 409 replayed-nonce/);
  });
});
