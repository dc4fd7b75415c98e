/** How a process ends whose reader has left, as `head` does when it has seen enough: by bash, with pipefail. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatSecret } from '@countersign/canonical';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './support/folder.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Ends at once, without having read anything. */
const LEAVES = '| :';

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function pipeline(given: string, rest: string): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    COUNTERSIGN_KEY_ID: 'partner_1',
    COUNTERSIGN_SECRET: formatSecret(new Uint8Array(32)),
  };
  const command = `"${process.execPath}" "${MAIN}" ${given} ${rest}`;
  return new Promise((resolve) => {
    const words = ['--norc', '-o', 'pipefail', '-c', command];
    execFile('bash', words, { env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('at a closed pipe', () => {
  it('a probe has not succeeded, whether or not it found holes', async () => {
    const origin = await startServer((_, response) => response.end('open'));
    const words = `probe ${origin}/ --json --only`;
    for (const attack of ['unsigned', 'limit-ids']) {
      const { status } = await pipeline(`${words} ${attack}`, LEAVES);
      expect(status, attack).toBe(141);
    }
  });

  it('nor has one that was cut off at its work, because nobody reads its notices', async () => {
    const origin = await startServer((_, response) => response.end('open'));
    const { status } = await pipeline(`probe ${origin}/`, `2>&1 >/dev/null ${LEAVES}`);
    expect(status).toBe(141);
  });

  it.each([
    ['vectors that are held against a command', "vectors --stage method --run 'cat >/dev/null'"],
    ['a key that nobody got', 'keygen'],
  ])('%s: no success', async (_, words) => {
    expect(await pipeline(words, LEAVES)).toMatchObject({ status: 141, stdout: '' });
  });

  it('nor a comparison, although both sides are equal', async () => {
    const file = join(temporaryFolder(), 'canonical.txt');
    const lines = ['CS1-HMAC-SHA256', 'GET', 'a', '/', '', 'd', '1763750000000', 'n', 'k', ''];
    writeFileSync(file, lines.join('\n'));
    expect(await pipeline(`explain ${file} ${file}`, LEAVES)).toMatchObject({ status: 141 });
  });

  it('a listing has done its work', async () => {
    expect(await pipeline('vectors', LEAVES)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('curl ends as it does with a reader', async () => {
    const origin = await startServer((request, response) => {
      response.writeHead(request.url === '/no' ? 404 : 200).end('x'.repeat(1_000_000));
    });
    expect(await pipeline(`curl ${origin}/`, '| head -c 1')).toEqual({ status: 0, stdout: 'x', stderr: '' });
    expect(await pipeline(`curl -i -w '%{http_code}' ${origin}/`, LEAVES)).toMatchObject({ status: 0 });
    expect(await pipeline(`curl -s --fail-with-body ${origin}/no`, LEAVES)).toMatchObject({ status: 22 });
  });

  it('curl that was cut off at its notices has not succeeded', async () => {
    const origin = await startServer((_, response) => response.end('hello'));
    const words = `curl -v ${origin}/`;
    expect(await pipeline(words, `2>&1 >/dev/null ${LEAVES}`)).toMatchObject({ status: 141 });
  });
});
