/**
 * L14 over real sockets and in real time: many calls at once through a proxy that loses, holds, doubles and reorders
 * them, and answers in the server's place; then everything it has seen is played back.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlreadyAdmittedError, CountersignError, createFetch, createSigner } from '@countersign/client';
import { createVerifier, keyring } from '@countersign/server';
import { nodeBody, nodeRequest } from '@countersign/server/adapter';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TEST_AUDIENCE, TEST_SECRET } from '../../src/index.js';

const TOLERANCE = { pastMs: 700, futureMs: 100 };
const CALLS = 120;
const AT_ONCE = 40;

type Mischief = 'none' | 'lose' | 'lose-answer' | 'double' | 'hold' | '502' | '503' | 'forge';
const MISCHIEF: readonly Mischief[] = [
  'none',
  'none',
  'none',
  'lose',
  'lose-answer',
  'double',
  'hold',
  '502',
  '503',
  'forge',
];

interface Captured {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

async function listen(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The API: executes what is admitted, and counts by the call's own id in the body. */
async function startServer(executions: Map<string, number>): Promise<number> {
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
    audience: TEST_AUDIENCE,
    tolerance: TOLERANCE,
    limits: { orders: '1000/s' },
  });
  return listen(async (request, response) => {
    const head = await verifier.verify(nodeRequest(request, request.url ?? '', {}), { scope: 'orders' });
    const verdict = head.ok ? await head.buffer(nodeBody(request, { putBack: false })) : head;
    if (!verdict.ok) {
      response.writeHead(verdict.status, verdict.headers).end(JSON.stringify(verdict.problem));
      return;
    }
    const id = Buffer.from(verdict.body).toString();
    executions.set(id, (executions.get(id) ?? 0) + 1);
    response.writeHead(201, verdict.headers).end(id);
  });
}

function deliver(
  port: number,
  { method, target, headers, body }: Captured,
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = send(
      { port, host: '127.0.0.1', method, path: target, headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    outgoing.on('error', reject).end(body);
  });
}

/** The proxy: does to each request what `mischief` draws, and keeps a copy of all it has seen. */
async function startProxy(port: number, captured: Captured[], mischief: () => Mischief): Promise<number> {
  return listen(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const copy = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: request.rawHeaders,
      body: Buffer.concat(chunks),
    };
    captured.push(copy);
    const plan = mischief();
    if (plan === 'lose') return void response.destroy();
    if (plan === '502' || plan === '503') return void response.writeHead(Number(plan)).end('upstream');
    if (plan === 'forge') return void response.writeHead(401, { 'countersign-verdict': FORGED }).end('{}');
    if (plan === 'hold') await sleep(TOLERANCE.pastMs + 200);
    // Copies overtake one another, and other calls.
    await sleep(Math.random() * 40);
    if (plan === 'double') void deliver(port, copy).catch(() => {});
    const answer = await deliver(port, copy);
    if (plan === 'lose-answer') return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.text);
  });
}

const FORGED = `code="stale-timestamp", time="9999999999999", dead-since="1000000000000", retry-after-ms="", sig="${'0'.repeat(64)}"`;

describe('L14 one call, one execution, over real sockets', () => {
  it.each([0, -2_000])('with a client clock %d ms off', async (offsetMs) => {
    const executions = new Map<string, number>();
    const captured: Captured[] = [];
    const seed = Date.now();
    const drawn = fc.sample(fc.constantFrom(...MISCHIEF), { numRuns: CALLS * 4, seed });
    const port = await startServer(executions);
    const proxyPort = await startProxy(port, captured, () => drawn.pop() ?? 'none');
    const signer = createSigner({
      keyId: 'key_1',
      secret: TEST_SECRET,
      audience: TEST_AUDIENCE,
      now: () => Date.now() + offsetMs,
    });
    const signedFetch = createFetch(signer, { freshForMs: 600, maxWaitMs: 500, retryMethods: ['PUT'] });

    const outcomes = new Map<string, Response | Error>();
    const call = async (id: string): Promise<void> => {
      const init = { method: 'PUT', body: id };
      const outcome = await signedFetch(`http://127.0.0.1:${proxyPort}/v1/orders/${id}`, init).catch(
        (error: Error) => error,
      );
      outcomes.set(id, outcome);
    };
    for (let first = 0; first < CALLS; first += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => call(`call-${first + i}`)));
    }
    for (let round = 0; round < 2; round++) {
      await Promise.all(captured.map((copy) => deliver(port, copy)));
      await sleep(TOLERANCE.pastMs / 2);
    }

    const twice = [...executions].filter(([, count]) => count > 1);
    expect(twice, `seed ${seed}`).toEqual([]);
    let succeeded = 0;
    for (const [id, outcome] of outcomes) {
      if (outcome instanceof Response && outcome.status === 201) succeeded += 1;
      if (outcome instanceof Response && outcome.status === 201) expect(executions.get(id), id).toBe(1);
      if (outcome instanceof AlreadyAdmittedError) expect(executions.get(id), id).toBe(1);
      if (outcome instanceof Error) expect(outcome, id).toBeInstanceOf(CountersignError);
    }
    // Otherwise nothing was shown.
    expect(succeeded).toBeGreaterThan(CALLS / 6);
    expect(captured.length).toBeGreaterThan(CALLS);
  });
});
