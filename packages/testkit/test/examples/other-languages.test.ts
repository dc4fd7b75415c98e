/**
 * The clients in other languages: their own tests, the vectors that they generate, and their signatures before the
 * real verifier on a real socket.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ANY_HOST, createVerifier, keyring, type VerdictEvent } from '@countersign/server';
import { nodeBody, nodeRequest } from '@countersign/server/adapter';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TEST_SECRET } from '../../src/index.js';

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../../../examples/', import.meta.url));

/** A verifier for `key_1` behind a free port; its limit is one request of scope `orders:write` in four seconds. */
async function serve(): Promise<{ url: string; events: VerdictEvent[]; bodies: string[] }> {
  const events: VerdictEvent[] = [];
  const bodies: string[] = [];
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
    audience: ANY_HOST,
    limits: { 'orders:write': '1/4s' },
    onVerdict: (event) => events.push(event),
  });
  const server = createServer(async (request, response) => {
    const scope = request.method === 'GET' ? 'orders' : 'orders:write';
    const head = await verifier.verify(nodeRequest(request, request.url ?? '', {}), { scope });
    const verdict = head.ok ? await head.buffer(nodeBody(request, { putBack: false })) : head;
    if (!verdict.ok) {
      response.writeHead(verdict.status, verdict.headers).end(JSON.stringify(verdict.problem));
      return;
    }
    bodies.push(Buffer.from(verdict.body).toString());
    response.writeHead(201, verdict.headers).end('{"id":"order_1"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events, bodies };
}

describe('examples/python', () => {
  const env = {
    ...process.env,
    COUNTERSIGN_KEY: 'key_1',
    COUNTERSIGN_SECRET: TEST_SECRET,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const python = (args: string[]) => run('python3', args, { cwd: join(EXAMPLES, 'python'), env });

  it('passes its own tests', async () => {
    const { stderr } = await python(['-m', 'unittest']);
    expect(stderr).toMatch(/Ran [1-9][0-9]+ tests/);
    expect(stderr).toMatch(/\nOK\n/);
  });

  it('generates the published vectors, byte for byte', async () => {
    await expect(python(['make_vectors.py', '--check'])).resolves.toBeDefined();
  });

  it('is admitted by the verifier, and waits for a budget with the same signature', async () => {
    const { url, events, bodies } = await serve();
    const target = `${url}/v1/orders/%7eeu?b=2&a=1&a=0&c%5B%5D=x`;
    const post = [
      'countersign.py',
      'send',
      'POST',
      target,
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"a":1}',
    ];
    const { stdout } = await python(post);
    expect(stdout).toContain('order_1');
    await python([...post, '--scope', 'orders:write']);
    expect(bodies).toEqual(['{"a":1}', '{"a":1}']);
    expect(events.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['admitted', 'rate-limited', 'admitted']),
    );
  });

  it('is refused for a scope that it is not granted', async () => {
    const { url, events } = await serve();
    await python(['countersign.py', 'send', 'GET', `${url}/v1/orders`, '--scope', 'invoices']).catch(
      () => {},
    );
    expect(events.map(({ code }) => code)).toEqual(['scope-mismatch']);
  });
});

describe('examples/shell', () => {
  const shell = (args: string[], env: Record<string, string> = {}) =>
    run('sh', args, { cwd: join(EXAMPLES, 'shell'), env: { ...process.env, ...env } });

  it('passes its own tests', async () => {
    const { stdout } = await shell(['test.sh']);
    expect(stdout).toMatch(/\b0 failed/);
  });

  it('is admitted by the verifier, with curl and sha256sum alone', async () => {
    const { url, events, bodies } = await serve();
    const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
    const order = join(folder, 'order.json');
    writeFileSync(order, '{"sku":"tea-7"}');
    const env = { COUNTERSIGN_KEY: 'key_1', COUNTERSIGN_SECRET: TEST_SECRET };
    const { stdout } = await shell(['sign.sh', 'POST', `${url}/v1/orders`, order, 'application/json'], env);
    expect(stdout).toContain('order_1');
    await shell(['sign.sh', 'GET', `${url}/v1/orders?limit=20&sort=-created`], env);
    expect(bodies).toEqual(['{"sku":"tea-7"}', '']);
    expect(events.map(({ code }) => code)).toEqual(['admitted', 'admitted']);
    const wrong = { ...env, COUNTERSIGN_SECRET: TEST_SECRET.replace('AAEC', 'BBEC') };
    await expect(shell(['sign.sh', 'GET', `${url}/v1/orders`], wrong)).rejects.toMatchObject({ code: 22 });
  });
});
