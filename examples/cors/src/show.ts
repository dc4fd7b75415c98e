/** Starts the page's origin and the three APIs, each on a port of its own: another port is another origin. */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { ANY_HOST, createVerifier, type Verifier } from '@countersign/server';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { unaskedApi, unexposedApi } from './counter-examples.js';
import { listModules, pageHtml } from './page.js';
import { createApi } from './server.js';
import type { Apis, Step } from './steps.js';
import { userKeys } from './user-keys.js';

export interface Show {
  /** Where the page is. */
  readonly pageUrl: string;
  readonly apiUrl: string;
  /** What each API's verifier said, in order. */
  readonly verdicts: { readonly [Api in keyof Apis]: readonly string[] };
  /** What the page reported at its end. */
  readonly report: Promise<Step[]>;
  close(): void;
}

export async function startShow(): Promise<Show> {
  const servers: ServerType[] = [];
  const start = async (app: Hono): Promise<string> => {
    const server = createAdaptorServer({ fetch: app.fetch });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const keys = userKeys();
  const page = new Hono();
  const pageUrl = await start(page);
  // The host's name in production. Here three ports that are free stand for it.
  const verdicts = { right: [] as string[], unexposed: [] as string[], unasked: [] as string[] };
  const verifier = (api: keyof Apis): Verifier =>
    createVerifier({
      keys: keys.directory,
      audience: ANY_HOST,
      limits: { 'notes:write': '1/s' },
      onVerdict: ({ code }) => verdicts[api].push(code),
    });
  const right = await start(createApi(verifier('right'), pageUrl));
  const unexposed = await start(unexposedApi(verifier('unexposed'), pageUrl));
  const unasked = await start(unaskedApi(verifier('unasked'), pageUrl));

  const modules = listModules();
  let users = 0;
  const report = new Promise<Step[]>((resolve) => {
    page.post('/report', async (c) => {
      resolve(await c.req.json());
      return c.body(null, 204);
    });
  });
  // Stands for a real login: each gets a user of his own here.
  page.post('/login', (c) => c.json(keys.issue(`user-${++users}`), 200, { 'cache-control': 'no-store' }));
  page.get('/', (c) => c.html(pageHtml({ right, unexposed, unasked })));
  page.get('/modules/*', async (c) => {
    const file = modules.get(c.req.path);
    if (file === undefined) return c.notFound();
    return c.body(await readFile(file, 'utf8'), 200, { 'content-type': 'text/javascript' });
  });
  return {
    pageUrl,
    apiUrl: right,
    verdicts,
    report,
    close() {
      for (const server of servers) {
        if ('closeAllConnections' in server) server.closeAllConnections();
        server.close();
      }
    },
  };
}
