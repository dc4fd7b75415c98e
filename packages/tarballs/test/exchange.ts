/**
 * The client block and the server block of the root README, each in a process of its own, against each other. Changed are
 * the address (in both) and the secrets (by the environment, as the blocks have it); added are the line that listens,
 * and the lines that tell what happened.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { partsOf } from '@countersign/site/markdown';
import type { Adopter } from '../src/adopter.js';
import { read } from '../src/workspace.js';

const ADDRESS = 'api.example.com';

export interface Answered {
  readonly status: number;
  readonly body: unknown;
  /** What the server answered, one status for each request that reached it. */
  readonly statuses: readonly number[];
}

/** The two blocks as they will be run: `client.ts` and `server.ts`. */
export async function exchangeOfReadme(): Promise<ReadonlyMap<string, string>> {
  const port = await freePort();
  const blocks = partsOf(read('README.md')).flatMap((part) =>
    'language' in part && part.language === 'ts' ? [part.text] : [],
  );
  const address = `127.0.0.1:${port}`;
  const client = block(blocks, '@countersign/client').replace(`https://${ADDRESS}`, `http://${address}`);
  const server = block(blocks, '@countersign/server').replace(`'${ADDRESS}'`, `'${address}'`);
  return new Map([
    [
      'client.ts',
      `${client}
console.log(JSON.stringify({ status: response.status, body: await response.json() }));`,
    ],
    [
      'server.ts',
      `${server}
import { serve } from '@hono/node-server';
const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: ${port} }, () => console.log('listening'));
listening.on('request', (_, response) => response.on('finish', () => console.log(response.statusCode)));`,
    ],
  ]);
}

/** Runs what was compiled of them into the folder `compiled` of the project. */
export async function exchange(adopter: Adopter, compiled: string): Promise<Answered> {
  const secret = `cs1s_${randomBytes(32).toString('base64url')}`;
  const serving = spawn('node', [`${compiled}/server.js`], {
    cwd: adopter.folder,
    env: { ...process.env, PARTNER_1_SECRET: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  let warned = '';
  serving.stderr.on('data', (chunk) => {
    warned += String(chunk);
  });
  serving.stdout.on('data', (chunk) => {
    told += String(chunk);
  });
  try {
    const ended = once(serving, 'exit').then(([status]) =>
      Promise.reject(new Error(`the server ended with ${status}: ${warned}`)),
    );
    await Promise.race([once(serving.stdout, 'data'), ended]);
    const calling = adopter.run('node', [`${compiled}/client.js`], { COUNTERSIGN_SECRET: secret });
    const { stdout } = await Promise.race([calling, ended]);
    return { ...JSON.parse(stdout), statuses: told.split('\n').map(Number).filter(Boolean) };
  } finally {
    serving.removeAllListeners('exit').kill();
  }
}

function block(blocks: readonly string[], imports: string): string {
  const found = blocks.find((code) => code.includes(`from '${imports}'`));
  if (found?.includes(ADDRESS) !== true)
    throw new Error(`no block of README.md has ${imports} and ${ADDRESS}`);
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
