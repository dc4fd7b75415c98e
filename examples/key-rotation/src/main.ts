/**
 * Rotates the secret of a key under load with no refused request, revokes a leaked one at once, and gives a key to another
 * owner. Ends with 1 when a promise was broken.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSigner } from '@countersign/client';
import { getRequestListener } from '@hono/node-server';
import { placeOrder, rotatingFetch } from './client.js';
import { addSecret, dropExpired, expireOlder, keyTable, replaceSecrets } from './key-table.js';
import { startLoad } from './load.js';
import { AUDIENCE, createApi } from './server.js';
import { tell, title } from './tell.js';

const KEY = 'partner_1';
/** 30 s by default. */
const KEYS_HOLD_FOR_MS = 1_500;
/** A week, where nobody waits for it. */
const OLD_FOR_MS = 2_000;
const CALLS = 20;

const makeSecret = (): string => `cs1s_${randomBytes(32).toString('base64url')}`;
const [first, second, third] = [makeSecret(), makeSecret(), makeSecret()];
const table = keyTable({ [KEY]: { owner: 'acme', scopes: ['orders'], secrets: [{ secret: first }] } });
const orders = new Map<string, number>();
const { app, keys } = createApi({
  findKey: table.find,
  keysHoldForMs: KEYS_HOLD_FOR_MS,
  placeOrder: (owner) => orders.set(owner, (orders.get(owner) ?? 0) + 1),
});
const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const api = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;

/** One call with a secret: `admitted`, or what the client's error says. */
async function callWith(secret: string): Promise<string> {
  const fetch = rotatingFetch(KEY, () => secret);
  return placeOrder(fetch, api).then(
    () => 'admitted',
    ({ message }: Error) => message,
  );
}

const load = startLoad(api, KEY, [first, first, first, first]);

async function phase(what: string): Promise<void> {
  await load.answers(CALLS);
  const { answered, refused } = load.count();
  tell(refused === 0, what, `${String(answered).padStart(4)} requests, ${refused} refused`);
}

title('1  A rotation under load: four clients that call all the time');
await phase('one secret');
// The cache has asked just now, and will not ask again while the next call is under way.
keys.invalidate(KEY);
await callWith(first);
addSecret(table, KEY, second);
const early = await callWith(second);
tell(
  early.startsWith('invalid-signature'),
  'the second secret is in the database; a call too early',
  early.slice(0, 17),
);
await sleep(KEYS_HOLD_FOR_MS + 10);
await phase(`  ${KEYS_HOLD_FOR_MS} ms later every cache has it`);
for (const [n, client] of load.clients.entries()) {
  client.secret = second;
  await phase(`  client ${n + 1} of ${load.clients.length} signs with the second secret`);
}
const expiresAt = Date.now() + OLD_FOR_MS;
expireOlder(table, KEY, expiresAt);
keys.invalidate(KEY);
const still = await callWith(first);
tell(still === 'admitted', `the first secret, for another ${OLD_FOR_MS} ms`, still);
await sleep(expiresAt - Date.now());
const expired = await callWith(first);
tell(expired.startsWith('invalid-signature'), '  and when they are over', expired);
dropExpired(table, KEY, Date.now());
await phase('  and is removed');

title('2  The second secret has leaked: a thief uses it, and it is revoked at once');
keys.invalidate(KEY);
const stolen = await callWith(second);
tell(stolen === 'admitted', 'the thief', stolen);
replaceSecrets(table, KEY, third);
const cached = await callWith(second);
tell(cached === 'admitted', 'removed from the database, but held in the cache', cached);
keys.invalidate(KEY);
const thefts = await Promise.all(Array.from({ length: 100 }, () => callWith(second)));
const admitted = thefts.filter((said) => said === 'admitted').length;
tell(admitted === 0, `after keys.invalidate('${KEY}'): the thief, 100 times`, `${admitted} admitted`);
const unmoved = load.count();
for (const client of load.clients) client.secret = third;
await load.answers(2);
const moving = unmoved.refused + load.count().refused;
tell(moving > 0, 'our own clients, until they have the third secret', `${moving} refused: that is the price`);
await phase('  and from then on, though their address has had its failures');

title('3  The key is given to another owner');
const signer = createSigner({ keyId: KEY, secret: third, audience: AUDIENCE });
const signed = signer.sign({ method: 'POST', url: `${api}/v1/orders` });
await send(signed);
table.write(KEY, { ...table.row(KEY), owner: 'acme-europe' });
keys.invalidate(KEY);
await phase('`owner` in the database, and invalidate');
const moved = await send(signer.sign({ method: 'POST', url: `${api}/v1/orders` }));
const newOwner = orders.get('acme-europe') ?? 0;
tell(
  moved.status === 201 && newOwner > 0,
  '  charged from now on, with a budget of its own',
  `acme-europe; ${moved.left}`,
);
const replayed = await send(signed);
tell(replayed.status === 409, '  a request of before, played back', `${replayed.status} replayed-nonce`);

await load.stop();
server.close();
server.closeAllConnections();

/** Sends these very fields. */
async function send(headers: Record<string, string>): Promise<{ status: number; left: string }> {
  const sent = request(`${api}/v1/orders`, { method: 'POST', headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  return { status: response.statusCode, left: String(response.headers.ratelimit) };
}
