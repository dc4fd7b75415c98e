/**
 * sign.sh over HTTP, before the real verifier: what a call ends with, and that it is one signature. That it is admitted
 * at all, and its own tests, are in packages/testkit/test/examples; what it signs is held against the conformance kit in
 * packages/cli/test.
 */
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  ANY_HOST,
  createVerifier,
  keyring,
  memoryStore,
  type Store,
  type VerifierOptions,
} from '@countersign/server';
import { nodeRequest } from '@countersign/server/adapter';
import { TEST_SECRET } from '@countersign/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs `sign.sh FLAGS GET url`; never rejects. */
async function get(url: string, flags: string[] = [], more: Record<string, string> = {}) {
  const env = { ...process.env, COUNTERSIGN_KEY: 'key_1', COUNTERSIGN_SECRET: TEST_SECRET, ...more };
  const running = run('sh', [file('../sign.sh'), ...flags, 'GET', url], { env });
  const {
    stdout,
    stderr,
    code = 0,
  } = await running.catch((error) => error as typeof error & { code: number });
  return { status: code, stdout, stderr };
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/orders`;
}

/** The verifier for `key_1`; `lose` says which admitted answers are lost, by their number. A verdict stands on `lines`. */
async function serve(options: Partial<VerifierOptions> = {}, lose = (_count: number) => false, lines = 1) {
  const codes: string[] = [];
  const signatures = new Set<string | undefined>();
  let admitted = 0;
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
    audience: ANY_HOST,
    onVerdict: ({ code }) => codes.push(code),
    ...options,
  });
  const url = await listen(async (request, response) => {
    signatures.add(request.headers.authorization);
    const route = { scope: 'orders', body: '' };
    const verdict = await verifier.verify(nodeRequest(request, request.url ?? '', {}), route);
    if (!verdict.ok) {
      const field = verdict.headers['countersign-verdict'] ?? '';
      const headers = { ...verdict.headers, 'countersign-verdict': Array<string>(lines).fill(field) };
      response.writeHead(verdict.status, headers).end(JSON.stringify(verdict.problem));
      return;
    }
    if (lose(++admitted)) response.destroy();
    else response.writeHead(200, verdict.headers).end(`order_${admitted}`);
  });
  return { url, codes, signatures };
}

describe('sign.sh', () => {
  it('agrees with the conformance kit about every verdict', async () => {
    const cli = file('../../../packages/cli/dist/main.js');
    const port = `'${process.execPath}' '${file('./open-verdict.mjs')}'`;
    const words = ['vectors', '--json', '--task', 'open-verdict', '--run', port];
    const { asked, agreed, conformant } = JSON.parse((await run(process.execPath, [cli, ...words])).stdout);
    expect({ agreed, conformant }).toEqual({ agreed: asked, conformant: true });
    expect(asked).toBeGreaterThan(50);
  });

  it('says when it may be called again after a spent budget; with -r it waits, and sends the same signature', async () => {
    const { url, codes, signatures } = await serve({ limits: { orders: '1/s' } });
    expect(await get(url)).toEqual({ status: 0, stdout: 'order_1', stderr: '' });
    expect(await get(url, ['-r', '2'])).toMatchObject({ status: 0, stdout: 'order_2' });
    expect(codes).toEqual(['admitted', 'rate-limited', 'admitted']);
    expect(signatures.size).toBe(2);
    const refused = await get(url);
    expect(refused.status).toBe(110);
    expect(refused.stderr).toMatch(/^sign\.sh: rate limited, again in \d+ ms\n$/m);
    expect(JSON.parse(refused.stdout).code).toBe('rate-limited');
  });

  it('sends the same signature again after a store that was away, and says when it stays away', async () => {
    const memory = memoryStore();
    let away = 1;
    const admit: Store['admit'] = (admission) =>
      away-- > 0 ? { outcome: 'unavailable', retryAfterMs: 10, reason: 'away' } : memory.admit(admission);
    const { url, codes, signatures } = await serve({ store: { ...memory, admit } });
    expect((await get(url, ['-r', '2'])).status).toBe(0);
    expect(codes).toEqual(['store-unavailable', 'admitted']);
    expect(signatures.size).toBe(1);
    away = 1;
    expect((await get(url)).status).toBe(111);
  });

  it('says that it was admitted before, when the first answer was lost', async () => {
    const { url, codes, signatures } = await serve({}, (count) => count === 1);
    const { status, stderr } = await get(url, ['-r', '2']);
    expect(status).toBe(114);
    expect(stderr).toMatch(/admitted before/);
    expect(codes).toEqual(['admitted', 'replayed-nonce']);
    expect(signatures.size).toBe(1);
  });

  it('says that nothing is known after a lost answer', async () => {
    const { url } = await serve({}, () => true);
    const { status, stderr } = await get(url);
    expect(status).toBe(52); // curl's: nothing came back
    expect(stderr).toMatch(/not known whether the request was executed/);
  });

  it('tells the server’s time to a wrong clock, and makes no second signature', async () => {
    for (const [offMs, code] of [
      [600_000, 'stale-timestamp'],
      [-600_000, 'future-timestamp'],
    ] as const) {
      const { url, codes } = await serve({ now: () => Date.now() + offMs });
      const { status, stderr } = await get(url, ['-r', '4']);
      expect([status, codes]).toEqual([112, [code]]);
      expect(stderr).toMatch(new RegExp(`${code}: signed at \\d{13}, the server's clock says \\d{13}`));
    }
  });

  it('says the code of any other refusal that is proved', async () => {
    const { url } = await serve();
    const { status, stderr } = await get(url, [], { COUNTERSIGN_SCOPE: 'invoices' });
    expect([status, stderr]).toEqual([22, expect.stringMatching(/^sign\.sh: refused: scope-mismatch\n$/m)]);
  });

  it('believes no verdict that is forged, stands twice, or is missing', async () => {
    const forged = `code="rate-limited", time="${Date.now()}", dead-since="", retry-after-ms="10", sig="${'0'.repeat(64)}"`;
    for (const fields of [[forged], [forged, forged], []]) {
      let asked = 0;
      const url = await listen((_request, response) => {
        asked++;
        response.writeHead(429, { 'countersign-verdict': fields }).end('forged');
      });
      const { status, stdout, stderr } = await get(url, ['-r', '3']);
      expect([status, stdout, asked]).toEqual([22, 'forged', 1]);
      expect(stderr).toMatch(/nobody who has the secret says so/);
    }
    const { url } = await serve({}, undefined, 2);
    const { stderr } = await get(url, [], { COUNTERSIGN_SCOPE: 'invoices' });
    expect(stderr).toMatch(/nobody who has the secret says so/);
  });
});
