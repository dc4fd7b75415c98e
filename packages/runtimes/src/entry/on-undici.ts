/** The undici interceptor: `on-undici.js <origin> <a folder with undici>`, on Node. */
import { createRequire } from 'node:module';
import process from 'node:process';
import { createSigner, RateLimitedError } from '@countersign/client';
import { countersign } from '@countersign/client/undici';
import type { Dispatcher } from 'undici';
import { type Check, equal, runChecks, toLines } from '../suite/check.js';
import { KEY_ID, SECRET } from '../suite/keys.js';

const [origin = '', folder = ''] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { Agent } = require('undici');
const { version } = require('undici/package.json');
const group = 'client';

function signing(attempts: number): Dispatcher {
  const signer = createSigner({ keyId: KEY_ID, secret: SECRET });
  return new Agent().compose(countersign(signer, { origins: [origin], attempts }));
}

async function ask(dispatcher: Dispatcher, path: string, body?: string | Buffer): Promise<[number, string]> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await dispatcher.request({ origin, path, method, headers, body: body ?? null });
  return [answer.statusCode, await answer.body.text()];
}

async function admits(): Promise<void> {
  const dispatcher = signing(1);
  for (const body of ['{"amount":1299}', Buffer.from('{"amount":1}')]) {
    const [status, text] = await ask(dispatcher, '/v1/orders', body);
    equal([status, JSON.parse(text).body], [201, body.toString()]);
  }
  equal((await ask(dispatcher, '/v1/orders/tea?b=2&a=1'))[0], 200);
}

async function limits(): Promise<void> {
  const dispatcher = signing(1);
  const path = `/v1/limited/${crypto.randomUUID()}`;
  equal([(await ask(dispatcher, path))[0], (await ask(dispatcher, path))[0]], [200, 200]);
  const error: unknown = await ask(dispatcher, path).catch((reason: unknown) => reason);
  equal(error instanceof RateLimitedError, true, 'whether the third call ends in RateLimitedError');
}

async function leavesOthers(): Promise<void> {
  const signer = createSigner({ keyId: KEY_ID, secret: SECRET });
  const dispatcher = new Agent().compose(countersign(signer, { origins: ['https://api.example.com'] }));
  equal((await ask(dispatcher, '/v1/orders'))[0], 401);
}

const checks: Check[] = [
  { group, name: 'undici: signed requests are admitted', run: admits },
  { group, name: 'undici: a call over the limit ends in RateLimitedError', run: limits },
  { group, name: 'undici: requests to other origins are not signed', run: leavesOthers },
];
process.stdout.write(toLines(await runChecks(checks), `undici ${version} on Node ${process.versions.node}`));
process.exit(0);
