/**
 * The token endpoint (RFC 6749): POST /token for clients that sign, and for those that cannot. What a client signs is
 * counted by the client and by the user name, before anything is done; what fails is counted again, over all clients.
 */
import { countersign } from '@countersign/hono';
import { createVerifier, keyring, type Limits, type VerifierOptions } from '@countersign/server';
import { Hono } from 'hono';
import { type Client, identify } from './clients.js';
import { parseForm } from './form.js';
import { grantToken } from './grants.js';
import { createLoginGuard, type LoginLimits } from './login-guard.js';
import { asOAuthAnswers, oauthErrorAnswer } from './oauth-answers.js';
import { createTokens, type Tokens } from './tokens.js';
import { unsignedCallers } from './unsigned.js';
import type { Users } from './users.js';

export interface TokenEndpointOptions {
  /** `audience`, and in production a `store`: `redisStore(…)`, or a memory store with a horizon file. */
  readonly verifier: Omit<VerifierOptions, 'keys' | 'limits' | 'maxBodyBytes' | 'header'>;
  /** By client_id, which is also the id of the key. */
  readonly clients: ReadonlyMap<string, Client>;
  readonly users: Users;
  readonly tokens?: Tokens;
  /** Of each client that signs. Default `SIGNED_LIMITS`. */
  readonly limits?: Limits;
  /** Of failed logins, over all callers. */
  readonly logins?: LoginLimits;
  /** Requests of callers that do not sign, by address. Default 30. */
  readonly unsignedPerMinute?: number;
  /** How many reverse proxies in front are your own. Default 0: X-Forwarded-For is not read. */
  readonly proxies?: number;
}

/** One client's requests; its logins, over all user names; and those of each user name. */
export const SIGNED_LIMITS: Limits = {
  token: '300/m',
  'token:password': '60/m',
  'token:password:+': '10/m',
};

const MAX_BODY_BYTES = 8_192;

export function createTokenEndpoint(options: TokenEndpointOptions): Hono {
  const { clients, users, tokens = createTokens(), limits = SIGNED_LIMITS, proxies = 0 } = options;
  const keys = [...clients].flatMap(([id, { secrets }]) =>
    secrets === undefined ? [] : [[id, { secrets, scopes: ['token'] }] as const],
  );
  const verifier = createVerifier({
    ...options.verifier,
    keys: keyring(Object.fromEntries(keys)),
    limits,
    maxBodyBytes: MAX_BODY_BYTES,
  });
  const signed = countersign(verifier, { scope: 'token', children: true, proxies });
  const requestsPerMinute = options.unsignedPerMinute ?? 30;
  const unsigned = unsignedCallers({ proxies, requestsPerMinute, maxBodyBytes: MAX_BODY_BYTES });
  const services = { users, tokens, guard: createLoginGuard(options.logins) };

  const app = new Hono();
  app.onError(oauthErrorAnswer);
  app.use('/token', asOAuthAnswers);
  app.post(
    '/token',
    // Who tries to authenticate has to succeed: what is signed badly is not served as if it were unsigned.
    (c, next) => (c.req.header('authorization') === undefined ? unsigned(c, next) : signed(c, next)),
    async (c) => {
      const query = new URL(c.req.url).search;
      const body = new Uint8Array(await c.req.arrayBuffer());
      const form = parseForm(c.req.header('content-type'), query, body);
      return c.json(await grantToken(services, form, identify(clients, form, c)));
    },
  );
  app.all('/token', (c) => c.body(null, 405, { allow: 'POST' }));
  return app;
}
