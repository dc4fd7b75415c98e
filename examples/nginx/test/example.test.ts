/** Runs the example as its README does, and holds nginx.conf to its promises: real nginx, real Redis, real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner } from '@countersign/client';
import { waitUntil } from '@countersign/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctor } from '../dist/show/doctor.js';
import { type Stage, setStage } from '../dist/stage.js';
import { partnerFetch, sendOrder } from '../src/client.js';
import { send } from '../src/wire.js';

const MAIN = join(import.meta.dirname, '../dist/main.js');
const JSON_TYPE = { 'content-type': 'application/json' };

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
  // A new Redis refuses everything for two seconds.
  const { status } = await partnerFetch(stage.secret)(`${stage.api}/v1/files/a`);
  expect(status).toBe(200);
}, 60_000);
const folders: string[] = [];
afterAll(async () => {
  await stage?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The command, with a folder of its own for what is temporary. */
function start(env: NodeJS.ProcessEnv): { child: ChildProcess; printed: () => string; left: () => string[] } {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'countersign-example-'));
  folders.push(TMPDIR);
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, TMPDIR, ...env } });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  return { child, printed: () => printed, left: () => readdirSync(TMPDIR) };
}

describe('nginx.conf', () => {
  it.each([
    ['a%2Fb', 'a%2Fb', ''],
    ['a//b', 'a//b', ''],
    ['%7e/%2e%62', '~/.b', ''],
    ['a%2Bb+c%20d', 'a%2Bb+c%20d', ''],
    ['%3F%23%25%c3%a9', '%3F%23%25%C3%A9', ''],
    [';a=1,b/@:', ';a=1,b/@:', ''],
    ['a/?y=+&x=1&x=%32&&', 'a/', '&&x=1&x=2&y=+'],
  ])('passes the path on as it came: %s', async (path, canonical, query) => {
    const response = await partnerFetch(stage.secret)(`${stage.api}/v1/files/${path}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ path: `/partners/v1/files/${canonical}`, query });
  });

  it('has no way in past the prefix', async () => {
    const signer = createSigner({
      keyId: 'partner_1',
      secret: stage.secret,
      audience: 'partners.example.com',
    });
    const url = `${stage.api}/v1/files/a`;
    const targets = [
      '/v1/files/a',
      '/%70artners/v1/files/a',
      '//partners/v1/files/a',
      '/x/../partners/v1/files/a',
    ];
    for (const target of targets) {
      const { status, code } = await send(url, { target, headers: signer.sign({ method: 'GET', url }) });
      expect({ target, status, code }).toEqual({ target, status: 404, code: 'not ours' });
    }
  });

  it('lets the doctor name prefix, audience and proxies, and naive.conf is past help', async () => {
    const right = await doctor(stage.api);
    expect(right).toEqual({
      status: 0,
      breaks: [],
      options: ['prefix: /partners', `audience: ${new URL(stage.api).host}`, 'proxies: 1'],
    });
    const naive = await doctor(stage.naive);
    expect(naive.status).toBe(1);
    expect(naive.breaks).toContain('path: slashes that follow each other are merged');
    expect(naive.breaks).toContain('path: the path was decoded or encoded again on the way');
    expect(naive.options).toContain('prefix: /partners');
  });

  it("takes an order's id and owner from no body", async () => {
    const order = {
      method: 'PUT',
      headers: JSON_TYPE,
      body: '{"sku":"tea-7","id":"8","owner":"globex"}',
      scope: 'orders:write',
    };
    const response = await partnerFetch(stage.secret)(`${stage.api}/v1/orders/7`, order);
    expect(await response.json()).toEqual({ sku: 'tea-7', id: '7', owner: 'acme' });
  });

  it('shares one memory between the processes: a replay is refused by both', async () => {
    const [url, body] = [`${stage.api}/v1/orders/replayed`, '{"sku":"tea-7"}'];
    const signer = createSigner({
      keyId: 'partner_1',
      secret: stage.secret,
      audience: 'partners.example.com',
    });
    const headers = { ...JSON_TYPE, ...signer.sign({ method: 'PUT', url, headers: JSON_TYPE, body }) };
    const order = { method: 'PUT', headers, body };
    expect((await send(url, order)).status).toBe(201);
    const seen = () =>
      stage.processes.map(
        ({ verdicts }) => verdicts().filter((line) => /orders\/replayed replayed-nonce/.test(line)).length,
      );
    for (let n = 0; n < 4; n++) expect((await send(url, order)).code).toBe('replayed-nonce');
    expect(
      await waitUntil('both', 5_000, () => (seen().every((count) => count === 2) ? 'both' : undefined)),
    ).toBe('both');
  });

  it('gives a POST of a process that hangs to the other, and it is executed once', async () => {
    const before = await stage.orders();
    const [hanging] = stage.processes;
    hanging.pause();
    const fetch = partnerFetch(stage.secret);
    const calls = ['x', 'y'].map((id) => sendOrder(fetch, 'POST', `${stage.api}/v1/orders/hung-${id}`, {}));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    hanging.resume();
    expect(statuses).toEqual([201, 201]);
    // By nginx, not by the client: one line of its log names both processes.
    expect(stage.nginx.log().filter((line) => /hung-. 201 via \S+, \S+$/.test(line))).toHaveLength(1);
    const late = () => hanging.verdicts().find((line) => /hung-. replayed-nonce/.test(line));
    expect(await waitUntil('the late verdict', 5_000, late)).toBeDefined();
    expect(await stage.orders()).toBe(before + 2);
  });
});

describe('the command', () => {
  it('shows every promise kept, and leaves nothing behind', async () => {
    const { child, printed, left } = start({});
    const [status] = await once(child, 'exit');
    expect(printed()).not.toContain('BROKEN');
    expect(status).toBe(0);
    expect(left()).toEqual([]);
    expect(printed().match(/^kept /gm)).toHaveLength(37);
    expect(printed()).toMatch(/^kept {3}audience: \['partners\.example\.com'\] +421 wrong-audience/m);
    expect(printed()).toMatch(/401 invalid-signature: the path lost its prefix \/partners on the way$/m);
    expect(printed()).toMatch(/an Authorization field of 20\d\d of 2048 bytes +200$/m);
    expect(printed()).toMatch(/72 KiB +413 body-too-large, with a verdict$/m);
    expect(printed()).toMatch(/504 from nginx, which tells nothing +504, then 409 with 1 signature$/m);
    expect(printed()).toMatch(/the call ends +AlreadyAdmittedError, outcome admitted, 1 order$/m);
    expect(printed()).toMatch(/sent as often as `attempts` says +502,502,502$/m);
  });

  it('leaves nothing behind when it is killed', async () => {
    const { child, printed, left } = start({});
    await waitUntil('the first line', 20_000, () => (printed().includes('nginx at') ? true : undefined));
    const port = Number(/nginx at http:\/\/127\.0\.0\.1:(\d+)/.exec(printed())?.[1]);
    expect(left()).toHaveLength(2);
    child.kill('SIGKILL');
    const gone = () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => undefined,
        () => 'gone',
      );
    expect(await waitUntil('the end of nginx', 5_000, gone)).toBe('gone');
    const emptied = () => (left().length === 0 ? true : undefined);
    expect(await waitUntil('the end of nginx and Redis', 5_000, emptied)).toBe(true);
  });

  it('says in a line what to install where there is no nginx', async () => {
    const path = (process.env['PATH'] ?? '').split(':').filter((dir) => !/sbin/.test(dir));
    const { child, printed } = start({ PATH: path.join(':') });
    const [status] = await once(child, 'exit');
    expect(status).toBe(1);
    expect(printed()).toMatch(/^nginx missing; install it/m);
  });
});
