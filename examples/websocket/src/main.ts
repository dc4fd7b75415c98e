// A WebSocket whose upgrade is verified: what is refused before there is a socket, and what ends one.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createSigner } from '@countersign/client';
import type { KeyConfig } from '@countersign/server';
import type { WebSocket } from 'ws';
import { HandshakeRefusedError, openFeed, signHandshake } from './client.js';
import { createFeed, KEY_REVOKED } from './server.js';

const newSecret = (): string => `cs1s_${randomBytes(32).toString('base64url')}`;
const secrets = { acme_1: newSecret(), acme_2: newSecret(), billing_1: newSecret() };
const table: Record<string, KeyConfig> = {
  acme_1: { secret: secrets.acme_1, owner: 'acme', scopes: ['feed'], disabled: false },
  acme_2: { secret: secrets.acme_2, owner: 'acme', scopes: ['feed'], disabled: false },
  billing_1: { secret: secrets.billing_1, scopes: ['invoices'], disabled: false },
};

const feed = createFeed({
  findKey: (id) => (Object.hasOwn(table, id) ? table[id] : undefined),
  audience: 'feed.example.com',
});
const connections = new Set<Socket>();
feed.server.on('connection', (socket) => {
  connections.add(socket);
  socket.on('close', () => connections.delete(socket));
});
feed.server.listen(0, '127.0.0.1');
await once(feed.server, 'listening');
const url = `ws://127.0.0.1:${(feed.server.address() as AddressInfo).port}/v1/feed?topic=orders`;
const signerOf = (keyId: keyof typeof secrets) =>
  createSigner({ keyId, secret: secrets[keyId], audience: 'feed.example.com' });

function tell(kept: boolean, what: string, came: string): void {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what.padEnd(54)} ${came}`);
  if (!kept) process.exitCode = 1;
}

async function refused(what: string, headers: Record<string, string>, status: number): Promise<void> {
  const answer = await openFeed(url, headers).catch((error: unknown) => error);
  tell(answer instanceof HandshakeRefusedError && answer.status === status, what, String(answer));
}

const heard = async (socket: WebSocket): Promise<string> => String((await once(socket, 'message'))[0]);

console.log('Before the upgrade: a refusal is an HTTP answer, and no socket is made of it');
await refused('not signed', {}, 401);
await refused(
  'signed by a key that is granted another scope',
  signHandshake(signerOf('billing_1'), url),
  403,
);
const handshake = signHandshake(signerOf('acme_1'), url);
const first = await openFeed(url, handshake);
tell(true, 'signed for the feed', '101, the socket is open');
await refused('the same handshake once more', handshake, 409);
const second = await openFeed(url, signHandshake(signerOf('acme_2'), url));
const third = await openFeed(url, signHandshake(signerOf('acme_2'), url));
tell(true, 'the owner has two keys: two more sockets', '101, 101');
await refused("a fourth: the owner's feed is limited to 3/m", signHandshake(signerOf('acme_1'), url), 429);
while (connections.size > 3) await new Promise(setImmediate);
tell(
  feed.open() === 3,
  'what is left of seven handshakes',
  `${connections.size} connections, ${feed.open()} sockets`,
);

console.log('\nAfter it: messages are not signed, the socket stands for the owner that was proved');
first.send('{"owner":"someone-else"}');
const echo = await heard(first);
tell(JSON.parse(echo).owner === 'acme', 'a message that claims another owner', echo);
const published = Promise.all([first, second, third].map(heard));
feed.publish('acme', '{"order":"order_1"}');
tell(
  (await published).length === 3,
  'published to the owner, on the sockets of both keys',
  String((await published)[0]),
);

console.log('\nA key is revoked: its sockets close, and no new one opens');
table['acme_1'] = { secret: secrets.acme_1, owner: 'acme', scopes: ['feed'], disabled: true };
const closed = once(first, 'close');
feed.revoke('acme_1');
const [code, reason] = await closed;
tell(code === KEY_REVOKED, 'the socket of the revoked key', `closed, ${code} ${reason}`);
await refused('a new handshake with it', signHandshake(signerOf('acme_1'), url), 401);
second.send('still here');
tell((await heard(second)).includes('still here'), "the socket of the owner's other key", 'still open');

for (const socket of [second, third]) socket.terminate();
feed.server.close();
await once(feed.server, 'close');
