/** The API as one writes it without a thought of nginx. To be looked at, not to be copied. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { countersign, echo } from '@countersign/hono';
import { createVerifier, keyring } from '@countersign/server';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

export interface NaiveApi {
  readonly port: number;
  readonly stop: () => void;
}

/**
 * Three services in one: each takes one more of the options that nginx makes necessary. They answer under
 * `/list/`, `/fixed/` and `/prefixed/`.
 */
export async function startNaiveApi(secret: string, name: string, prefix: string): Promise<NaiveApi> {
  const keys = keyring({ partner_1: { secret, scopes: ['files'] } });
  const verifierFor = (audience: string | string[]) => createVerifier({ audience, keys, debug: true });
  const [list, fixed, prefixed] = [verifierFor([name]), verifierFor(name), verifierFor(name)];
  const api = new Hono();
  api.all('/countersign-echo/*', echo);
  api.get('/list/*', countersign(list, { scope: 'files:read' }), (c) => c.text('served'));
  api.get('/fixed/*', countersign(fixed, { scope: 'files:read' }), (c) => c.text('served'));
  api.get('/prefixed/*', countersign(prefixed, { scope: 'files:read', prefix }), (c) => c.text('served'));
  const server = createServer(getRequestListener(api.fetch)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
