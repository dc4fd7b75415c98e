/**
 * Shows from outside that four processes have one memory: `node examples/hono-redis/dist/client.js`, while the server
 * runs. Ends with 1 if it was not so.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFetch, createSigner } from '@countersign/client';
import { AUDIENCE } from './api.js';
import { openRedis, PREFIX } from './redis.js';

const { API: api = 'http://localhost:3000', COUNTERSIGN_SECRET: secret = '' } = process.env;
const WORKERS = Number(process.env['WORKERS'] ?? 4);
const ORDERS = 5_000;
const CONNECTIONS = 200;
const BUCKETS = 1_024;
/** A worker looks after its memory ten times a second. */
const NOTICED_MS = 500;
const UNAVAILABLE_MS = 1_000;

const signer = createSigner({ keyId: 'partner_1', secret, audience: AUDIENCE });
const body = JSON.stringify({ sku: 'tea-7', quantity: 2 });
const url = `${api}/v1/orders`;

/** An order, signed. To send it twice is to replay it. */
function signOrder(): Record<string, string> {
  const headers = { 'content-type': 'application/json' };
  return { ...headers, ...signer.sign({ method: 'POST', url, headers, body, scope: 'orders:write' }) };
}

interface Answer {
  /** `admitted`, or the problem's code. */
  readonly code: string;
  readonly worker: string;
}

/** Sends an order. Without an agent: over a connection of its own. */
async function send(order: Record<string, string>, agent: Agent | false = false): Promise<Answer> {
  const answer = await sendOnce(order, agent);
  if (answer.code !== 'store-unavailable') return answer;
  // A busy machine may miss the store's deadline. Nobody was charged then, and the same signature is still good.
  await sleep(UNAVAILABLE_MS);
  return send(order, agent);
}

function sendOnce(order: Record<string, string>, agent: Agent | false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: order, agent }, async (response) => {
      try {
        const { code = 'admitted' } = JSON.parse((await response.toArray()).join(''));
        resolve({ code, worker: String(response.headers['x-worker']) });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject).end(body);
  });
}

function tally(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([answer, count]) => `${count} ${answer}`)
    .join(', ');
}

function tell(kept: boolean, what: string, came: string): void {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what.padEnd(48)} ${came}`);
  if (!kept) process.exitCode = 1;
}

// A server that is new to this Redis refuses everything for a while, and this waits for it.
const fetch = createFetch(signer);
await (await fetch(`${api}/v1/account`, { scope: 'account' })).json();

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const orders = Array.from({ length: ORDERS }, signOrder);
const answers = await Promise.all(orders.map((order) => send(order, agent)));
agent.destroy();
const admitted = orders.filter((_, index) => answers[index]?.code === 'admitted');
tell(
  admitted.length === 100,
  `${ORDERS} orders at once, limit 100/m`,
  tally(answers.map(({ code }) => code)),
);
const by = tally(answers.map(({ worker }) => `by worker ${worker}`));
tell(new Set(answers.map(({ worker }) => worker)).size === WORKERS, 'answered by every worker', by);

// New connections go to one worker after the other, and which one it was is in the answer.
const [order = signOrder()] = admitted;
const replays: Answer[] = [];
while (new Set(replays.map(({ worker }) => worker)).size < WORKERS && replays.length < 100) {
  replays.push(await send(order));
}
tell(
  replays.every(({ code }) => code === 'replayed-nonce'),
  'one of the admitted, sent again to every worker',
  tally(replays.map(({ code, worker }) => `${code} by worker ${worker}`)),
);

// What FLUSHALL would do, but to this example's keys alone: the Redis may be somebody's.
const redis = openRedis();
await Promise.all(Array.from({ length: BUCKETS }, (_, bucket) => redis.unlink(`{${PREFIX}:${bucket}}`)));
redis.disconnect();
const again = await Promise.all(admitted.map((each) => send(each)));
tell(
  again.every(({ code }) => code === 'store-recovering'),
  'Redis has forgotten; all admitted, sent again',
  tally(again.map(({ code }) => code)),
);
await sleep(NOTICED_MS);
const startedMs = performance.now();
const { status } = await fetch(`${api}/v1/account`, { scope: 'account' });
tell(
  status === 200,
  'a call of the signed fetch, begun after that',
  `${status} after ${Math.round(performance.now() - startedMs)} ms`,
);
const late = await Promise.all(admitted.map((each) => send(each)));
tell(
  late.every(({ code }) => code === 'store-recovering'),
  'all admitted, sent once more',
  tally(late.map(({ code }) => code)),
);
