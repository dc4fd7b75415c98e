/** Runs the example as its README does, and rotates keys under load over real sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSigner } from '@countersign/client';
import type { CachedDirectory } from '@countersign/server';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeOrder, rotatingFetch } from '../src/client.js';
import {
  addSecret,
  dropExpired,
  expireOlder,
  type KeyTable,
  keyTable,
  replaceSecrets,
} from '../src/key-table.js';
import { startLoad } from '../src/load.js';
import { AUDIENCE, createApi } from '../src/server.js';

const KEY = 'partner_1';
const [OLD, NEW] = [`cs1s_${'A'.repeat(43)}`, `cs1s_${'E'.repeat(43)}`];

let table: KeyTable;
let keys: CachedDirectory;
let server: Server;
let api = '';
let orders: string[];

beforeEach(async () => {
  table = keyTable({ [KEY]: { owner: 'acme', scopes: ['orders'], secrets: [{ secret: OLD }] } });
  orders = [];
  const made = createApi({ findKey: table.find, placeOrder: (owner) => void orders.push(owner) });
  keys = made.keys;
  server = createServer(getRequestListener(made.app.fetch)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const callWith = (secret: string): Promise<void> =>
  placeOrder(
    rotatingFetch(KEY, () => secret),
    api,
  );

async function send(headers: Record<string, string>): Promise<{ status: number; left: string }> {
  const sent = request(`${api}/v1/orders`, { method: 'POST', headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  return { status: response.statusCode, left: String(response.headers.ratelimit) };
}

describe('a rotation', () => {
  it('refuses no request while clients move one by one, and executes each once', async () => {
    const load = startLoad(api, KEY, [OLD, OLD, OLD]);
    await load.answers(2);
    addSecret(table, KEY, NEW);
    keys.invalidate(KEY);
    for (const client of load.clients) {
      client.secret = NEW;
      await load.answers(3);
    }
    expireOlder(table, KEY, Date.now());
    keys.invalidate(KEY);
    await load.answers(2);
    dropExpired(table, KEY, Date.now());
    keys.invalidate(KEY);
    await load.answers(2);
    await load.stop();
    const { answered, refused } = load.count();
    expect(refused).toBe(0);
    expect(orders).toHaveLength(answered);
    expect(table.row(KEY).secrets).toEqual([{ secret: NEW }]);
  });

  it('lets the old secret prove until it expires, without a change of the database then', async () => {
    addSecret(table, KEY, NEW);
    const expiresAt = Date.now() + 1_000;
    expireOlder(table, KEY, expiresAt);
    await callWith(OLD);
    await callWith(NEW);
    await sleep(expiresAt - Date.now());
    await expect(callWith(OLD)).rejects.toThrow(
      /^invalid-signature: .* Load the current secret, and call again\.$/,
    );
    await callWith(NEW);
  });
});

describe('a revocation', () => {
  it('waits for the cache, or holds for the next request after invalidate', async () => {
    await callWith(OLD);
    replaceSecrets(table, KEY, NEW);
    await callWith(OLD);
    await expect(callWith(NEW)).rejects.toThrow('invalid-signature');
    keys.invalidate(KEY);
    await expect(callWith(OLD)).rejects.toThrow('invalid-signature');
    await callWith(NEW);
  });

  it('leaves its holder in, though the thief has spent the address that they share', async () => {
    await callWith(OLD);
    replaceSecrets(table, KEY, NEW);
    keys.invalidate(KEY);
    const tried = await Promise.allSettled(Array.from({ length: 100 }, () => callWith(OLD)));
    expect(tried.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(callWith(OLD)).rejects.toThrow('too-many-failures');
    keys.invalidate(KEY);
    await callWith(NEW);
    expect(orders).toHaveLength(2);
  });
});

describe('a key that is given to another owner', () => {
  it('is charged to the new one from then on, and what was admitted before stays refused', async () => {
    const signer = createSigner({ keyId: KEY, secret: OLD, audience: AUDIENCE });
    const sign = () => signer.sign({ method: 'POST', url: `${api}/v1/orders` });
    const signed = sign();
    expect(await send(signed)).toMatchObject({ status: 201, left: expect.stringContaining('r=99999;') });
    table.write(KEY, { ...table.row(KEY), owner: 'acme-europe' });
    keys.invalidate(KEY);
    expect(await send(sign())).toMatchObject({ status: 201, left: expect.stringContaining('r=99999;') });
    expect(await send(signed)).toMatchObject({ status: 409 });
    expect(orders).toEqual(['acme', 'acme-europe']);
  });
});

describe('the command', () => {
  it('shows every promise kept', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js')]);
    const ended = once(child, 'close');
    const printed = (await child.stdout.toArray()).join('');
    const [status] = await ended;
    expect(printed).not.toContain('BROKEN');
    expect(status).toBe(0);
    expect(printed.match(/^kept /gm)).toHaveLength(18);
    expect(printed.match(/ \d+ requests, 0 refused$/gm)).toHaveLength(9);
    expect(printed).toMatch(/the thief, 100 times +0 admitted$/m);
    expect(printed).toMatch(/until they have the third secret +\d+ refused: that is the price$/m);
    expect(printed).toMatch(/played back +409 replayed-nonce$/m);
  });
});
