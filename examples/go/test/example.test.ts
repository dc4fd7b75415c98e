/**
 * The Go client: its own tests, the conformance kit, and calls over HTTP before the real verifier. Without a `go` on
 * this machine nothing of it can be run, and the one test that is left says so.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  ANY_HOST,
  createVerifier,
  keyring,
  memoryStore,
  type Store,
  type VerdictEvent,
  type VerifierOptions,
} from '@countersign/server';
import { nodeBody, nodeRequest } from '@countersign/server/adapter';
import { TEST_SECRET } from '@countersign/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const GO = fileURLToPath(new URL('..', import.meta.url));
const CLI = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
const OLD_SECRET = `cs1s_${'A'.repeat(43)}`;

const version = goVersion();
if (version === undefined) {
  it('the Go client: there is no go here: nothing was run', () => {
    expect(version).toBeUndefined();
  });
} else {
  describe(`examples/go, by ${version}`, () => describeClient());
}

function goVersion(): string | undefined {
  try {
    return execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function describeClient(): void {
  let folder = '';
  let program = '';
  const go = (...args: string[]) => {
    // Nothing is downloaded, and nothing left in the home.
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOCACHE: join(folder, 'cache') };
    return run('go', args, { cwd: GO, env });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-go-'));
    program = join(folder, 'countersign');
    await go('build', '-o', program, './cmd/countersign');
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is formatted, passes go vet, and its own tests with the published vectors', async () => {
    expect((await run('gofmt', ['-l', '.'], { cwd: GO })).stdout).toBe('');
    await go('vet', './...');
    const { stdout } = await go('test', '-vet=off', './...'); // it would run a part of vet once more
    expect(stdout).toMatch(/^ok\s+countersign\.example\b/m);
  }, 120_000);

  it('agrees with the conformance kit on all that a client is asked', async () => {
    const tasks = ['--task', 'sign', 'open-verdict'];
    const words = [CLI, 'vectors', '--json', ...tasks, '--run', `'${program}' vectors`];
    const { stdout } = await run(process.execPath, words);
    const { conformant, asked, agreed, unsupported } = JSON.parse(stdout);
    expect({ conformant, unsupported }).toEqual({ conformant: true, unsupported: [] });
    expect(agreed).toBe(asked);
    expect(asked).toBeGreaterThan(300);
  });

  /** Runs `countersign send`; never rejects. A body makes it a POST. */
  async function send(
    url: string,
    { body = '{"sku":"tea-7"}', secret = TEST_SECRET, flags = [] as string[] } = {},
  ) {
    const env = { COUNTERSIGN_KEY: 'key_1', COUNTERSIGN_SECRET: secret };
    const args = ['send', '-type', 'application/json', ...flags, 'POST', url];
    const running = run(program, args, { env });
    running.child.stdin?.end(body);
    const { stdout, stderr } = await running.catch((error) => error as { stdout: string; stderr: string });
    return { stdout, stderr };
  }

  it('is admitted, with a target that had to be respelled and sorted', async () => {
    const { url, events, bodies } = await serve();
    const { stdout, stderr } = await send(`${url}/v1/orders/%7eeu?b=2&a=1&a=0&c[]=x`, {
      flags: ['-scope', 'orders:write'],
    });
    expect(stderr).toBe('201 Created\n');
    expect(stdout).toBe('{"id":"order_1"}');
    expect(bodies).toEqual(['{"sku":"tea-7"}']);
    expect(events.map(({ code }) => code)).toEqual(['admitted']);
  });

  it('sends the same signature again after 429, and after 503', async () => {
    const { url, events, signatures } = await serve({ limits: { orders: '1/s' } });
    await send(`${url}/v1/orders`);
    expect((await send(`${url}/v1/orders`)).stderr).toBe('201 Created\n');
    expect(events.map(({ code }) => code)).toEqual(['admitted', 'rate-limited', 'admitted']);
    expect(signatures[2]).toBe(signatures[1]);

    let asked = 0;
    const memory = memoryStore();
    const away: Store = {
      ...memory,
      admit: (admission) =>
        asked++ === 0
          ? { outcome: 'unavailable', retryAfterMs: 100, reason: 'away' }
          : memory.admit(admission),
    };
    const second = await serve({ store: away });
    expect((await send(`${second.url}/v1/orders`)).stderr).toBe('201 Created\n');
    expect(second.events.map(({ code }) => code)).toEqual(['store-unavailable', 'admitted']);
    expect(second.signatures[1]).toBe(second.signatures[0]);
  });

  it('says that it was admitted before, when the first answer was lost', async () => {
    const { url, bodies } = await serve({}, (response, count) => {
      if (count === 1) response.destroy();
      return count === 1;
    });
    const { stderr } = await send(`${url}/v1/orders`);
    expect(stderr).toBe(
      `Post "${url}/v1/orders": countersign: executed once, but its answer is lost: do not call again\noutcome: admitted\n`,
    );
    expect(bodies).toHaveLength(1);
  });

  it('is refused when a proxy changes a byte', async () => {
    const { url, events } = await serve();
    const proxy = await tamper(url, (body) => body.replace('tea-7', 'tea-8'));
    const { stdout, stderr } = await send(`${proxy}/v1/orders`);
    expect(stderr).toBe('400 Bad Request\n');
    expect(JSON.parse(stdout).code).toBe('digest-mismatch');
    expect(events.map(({ code }) => code)).toEqual(['digest-mismatch']);
  });

  it('heals a clock that is ten minutes slow, with one second signature', async () => {
    const { url, events } = await serve({ now: () => Date.now() + 600_000 });
    expect((await send(`${url}/v1/orders`)).stderr).toBe('201 Created\n');
    expect(events.map(({ code }) => code)).toEqual(['stale-timestamp', 'admitted']);
  });

  it('ends a POST by a fast clock in an error, and does not sign it again', async () => {
    const { url, events } = await serve({ now: () => Date.now() - 600_000 });
    expect((await send(`${url}/v1/orders`)).stderr).toMatch(/too far apart\noutcome: unknown\n$/);
    expect(events.map(({ code }) => code)).toEqual(['future-timestamp']);
  });

  it('is admitted by the old and by the new secret of a rotation, and by no other', async () => {
    const { url, events } = await serve({
      keys: keyring({
        key_1: { secrets: [{ secret: TEST_SECRET }, { secret: OLD_SECRET }], scopes: ['orders'] },
      }),
    });
    for (const secret of [OLD_SECRET, TEST_SECRET, `cs1s_${'B'.repeat(42)}A`]) {
      await send(`${url}/v1/orders`, { secret });
    }
    expect(events.map(({ code }) => code)).toEqual(['admitted', 'admitted', 'invalid-signature']);
  });

  it('does not believe a forged verdict: the answer is handed over, and nothing is signed again', async () => {
    let asked = 0;
    const { url } = await listen((_request, response) => {
      asked++;
      const at = Date.now() + 600_000;
      const verdict = `code="stale-timestamp", time="${at}", dead-since="${at - 700_000}", retry-after-ms="", sig="${'0'.repeat(64)}"`;
      response.writeHead(401, { 'countersign-verdict': verdict }).end('forged');
    });
    const { stdout, stderr } = await send(`${url}/v1/orders`);
    expect([stdout, stderr, asked]).toEqual(['forged', '401 Unauthorized\n', 1]);
  });
}

/** A server until the end of the test. */
async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<{ url: string }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The verifier for `key_1`; `lose` may take an admitted answer, the count of which it is given. */
async function serve(
  options: Partial<VerifierOptions> = {},
  lose: (response: ServerResponse, count: number) => boolean = () => false,
): Promise<{ url: string; events: VerdictEvent[]; bodies: string[]; signatures: (string | undefined)[] }> {
  const events: VerdictEvent[] = [];
  const bodies: string[] = [];
  const signatures: (string | undefined)[] = [];
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
    audience: ANY_HOST,
    onVerdict: (event) => events.push(event),
    ...options,
  });
  const { url } = await listen(async (request, response) => {
    signatures.push(request.headers.authorization);
    const head = await verifier.verify(nodeRequest(request, request.url ?? '', {}), {
      scope: 'orders',
      children: true,
    });
    const verdict = head.ok ? await head.buffer(nodeBody(request, { putBack: false })) : head;
    if (!verdict.ok) {
      response.writeHead(verdict.status, verdict.headers).end(JSON.stringify(verdict.problem));
      return;
    }
    bodies.push(Buffer.from(verdict.body).toString());
    if (!lose(response, bodies.length)) response.writeHead(201, verdict.headers).end('{"id":"order_1"}');
  });
  return { url, events, bodies, signatures };
}

/** A proxy in front of `origin` that changes the body and nothing else. */
async function tamper(origin: string, change: (body: string) => string): Promise<string> {
  const { url } = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const onward = httpRequest(
      origin + request.url,
      { method: 'POST', headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      },
    );
    onward.end(change(body));
  });
  return url;
}
