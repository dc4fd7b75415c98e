/** A token endpoint behind the operator's own proxy, its clients, its users, and strangers: over real sockets. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createSigner } from '@countersign/client';
import { createAdaptorServer } from '@hono/node-server';
import { createTokenClient, type TokenClient } from '../client.js';
import type { Client } from '../clients.js';
import { createTokenEndpoint, type TokenEndpointOptions } from '../server.js';
import { tokenScope } from '../token-scope.js';
import { createTokens, type Tokens } from '../tokens.js';
import { createUsers } from '../users.js';

/** The name that clients sign for, whatever host and port it listens on. */
const AUDIENCE = 'auth.example.com';
/** Cheap, so that the demonstration is quick. Leave it out in production. */
const SCRYPT_COST = 10;

export interface WorldOptions extends Partial<TokenEndpointOptions> {
  /** How many more signing clients there are: `stranger-1` and so on. */
  readonly strangers?: number;
  readonly scryptCost?: number;
}
export const PASSWORD = 'correct horse battery staple';
export const USERS: readonly string[] = ['alice', 'bob', 'Zoë', 'k@example.com', 'a+b@example.com'];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Sent {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What follows /token. */
  readonly query?: string;
  /** The client's address, as the operator's proxy sees it. */
  readonly from?: string;
}

export interface World extends AsyncDisposable {
  readonly url: string;
  readonly tokens: Tokens;
  /** How often a password was really looked at. */
  readonly looks: () => number;
  /** The signed client's SDK. */
  readonly client: (id: string) => TokenClient;
  /** The fields of one signed request. To send them twice is to replay. */
  readonly sign: (clientId: string, body: string, scope?: string) => Record<string, string>;
  /** Sends through the operator's proxy, which appends the address that it was called from to X-Forwarded-For. */
  readonly send: (sent: Sent) => Promise<Answer>;
  /** Signs once and sends. */
  readonly signed: (clientId: string, parameters: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly secret: (clientId: string) => string;
}

export const FORM_TYPE: Readonly<Record<string, string>> = {
  'content-type': 'application/x-www-form-urlencoded',
};

export function login(username: string, password: string = PASSWORD): Record<string, string> {
  return { grant_type: 'password', username, password };
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const clients = new Map<string, Client>();
  const secrets = new Map<string, string>();
  const names = Array.from({ length: options.strangers ?? 0 }, (_, i) => `stranger-${i + 1}`);
  for (const id of ['shop', 'partner', ...names]) {
    const secret = `cs1s_${randomBytes(32).toString('base64url')}`;
    secrets.set(id, secret);
    clients.set(id, { secrets: [secret], grants: ['client_credentials', 'password', 'refresh_token'] });
  }
  clients.set('app', { grants: ['password', 'refresh_token'] });

  const stored = await createUsers(options.scryptCost ?? SCRYPT_COST);
  await Promise.all(USERS.map((name) => stored.add(name, PASSWORD)));
  let looks = 0;
  const users: typeof stored = {
    ...stored,
    check: (...given) => {
      looks += 1;
      return stored.check(...given);
    },
  };
  const tokens = options.tokens ?? createTokens();
  const app = createTokenEndpoint({
    clients,
    users,
    tokens,
    proxies: 1,
    ...options,
    verifier: { audience: AUDIENCE, ...options.verifier },
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/token`;

  const secret = (id: string): string => secrets.get(id) ?? '';
  const sign: World['sign'] = (clientId, body, scope) => {
    const signer = createSigner({ keyId: clientId, secret: secret(clientId), audience: AUDIENCE });
    const form = new Map(new URLSearchParams(body));
    const request = { method: 'POST', url, headers: FORM_TYPE, body };
    return { ...FORM_TYPE, ...signer.sign({ ...request, scope: scope ?? tokenScope(form) ?? 'token' }) };
  };
  const send: World['send'] = async ({ body, headers = FORM_TYPE, query = '', from = '192.0.2.1' }) => {
    const claimed = headers['x-forwarded-for'];
    const forwarded = claimed === undefined ? from : `${claimed}, ${from}`;
    const answer = await fetch(url + query, {
      method: 'POST',
      headers: { ...headers, 'x-forwarded-for': forwarded },
      body,
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) };
  };
  return {
    url,
    tokens,
    looks: () => looks,
    client: (clientId) =>
      createTokenClient({ endpoint: url, clientId, secret: secret(clientId), audience: AUDIENCE }),
    sign,
    send,
    signed: (clientId, parameters) => {
      const body = new URLSearchParams(parameters).toString();
      return send({ body, headers: sign(clientId, body) });
    },
    secret,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer in few words: `400 invalid_grant`, `429 rate-limited`. The verifier's codes come before OAuth's. */
export function inShort({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${String(body['code'] ?? body['error'])}`;
}

/** Answers counted: `10 × 400 invalid_grant, 20 × 429 rate-limited`. */
export function tally(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(inShort(answer), (counts.get(inShort(answer)) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => a.localeCompare(b, 'en'));
  return sorted.map(([text, count]) => `${count} × ${text}`).join(', ');
}

/** `count` times at once. */
export function atOnce<T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => make(i)));
}
