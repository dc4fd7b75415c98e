/** Runs the example as its README does, and holds its server to its promises over real sockets and real files. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@countersign/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiFetch, sendDocument, sendVideo } from '../src/client.js';
import { cut, passOn, renamed, signedUpload, withByteChanged } from '../src/on-the-way.js';
import { createUploadApi } from '../src/server.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const folder = mkdtempSync(join(tmpdir(), 'countersign-uploads-test-'));
const file = join(folder, 'a "quoted" name.bin');
const content = randomBytes(3 * 1024 * 1024);
let server: Server;
let api = '';

beforeAll(async () => {
  writeFileSync(file, content);
  server = createServer(createUploadApi({ secret: SECRET, folder })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const inFolder = (name: string): string[] => readdirSync(join(folder, name));
const cleared = () =>
  waitUntil('an empty folder', 5_000, () => (inFolder('incoming').length === 0 ? true : undefined));

const CHANGES = {
  'a changed byte': withByteChanged,
  'a renamed part': (body: Buffer) => renamed(body, 'name="note"', 'name="role"'),
  'a renamed file': (body: Buffer) => renamed(body, 'report.bin', 'report.exe'),
  'another text': (body: Buffer) => renamed(body, 'for the files', 'for everybody'),
};

describe('a buffered upload', () => {
  it('is parsed after it was verified', async () => {
    const small = join(folder, 'small.bin');
    writeFileSync(small, content.subarray(0, 5_000));
    const response = await sendDocument(apiFetch(SECRET), `${api}/documents`, small, 'ä & ü');
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ name: 'small.bin', bytes: 5_000, note: 'ä & ü' });
  });

  it('costs nothing when it is changed or cut on the way: its signature is still good, once', async () => {
    const upload = await signedUpload(SECRET, `${api}/documents`, randomBytes(70_000));
    for (const [what, change] of Object.entries(CHANGES)) {
      const changed = change(upload.body);
      expect(changed.equals(upload.body), what).toBe(false);
      expect(await passOn(upload, changed), what).toEqual({
        status: 400,
        code: 'digest-mismatch',
        charged: false,
      });
    }
    await cut(upload, async () => {});
    expect(await passOn(upload)).toMatchObject({ status: 201 });
    expect(await passOn(upload)).toMatchObject({ status: 409, code: 'replayed-nonce' });
  });

  it('is refused by its head when it is too large', async () => {
    const upload = await signedUpload(SECRET, `${api}/documents`, new Uint8Array(1024 * 1024));
    expect(await passOn(upload, null)).toMatchObject({ status: 413, code: 'body-too-large' });
  });

  it('is sent again after a spent budget, with one signature and the same bytes', async () => {
    const sent: { status: number; signature: string | null; body: Buffer }[] = [];
    const fetch = apiFetch(SECRET, {
      fetch: async (url, init) => {
        const response = await globalThis.fetch(url, init);
        const signature = new Headers(init?.headers).get('authorization');
        sent.push({ status: response.status, signature, body: Buffer.from(init?.body as Uint8Array) });
        return response;
      },
    });
    const small = join(folder, 'small.bin');
    while (sent.at(-1)?.status !== 429 && sent.length < 20) {
      const spend = Array.from({ length: 5 }, async () =>
        sendDocument(fetch, `${api}/documents`, small, 'again'),
      );
      expect((await Promise.all(spend)).map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      if (sent.some(({ status }) => status === 429)) break;
    }
    const refused = sent.find(({ status }) => status === 429);
    const later = sent.filter(({ signature, status }) => signature === refused?.signature && status === 201);
    expect(later).toHaveLength(1);
    expect(refused && later[0]?.body.equals(refused.body)).toBe(true);
  });
});

describe('a streamed upload', () => {
  it('is kept, byte for byte, when it is verified', async () => {
    const response = await sendVideo(apiFetch(SECRET), `${api}/videos`, file);
    const { id, name, bytes } = (await response.json()) as { id: string; name: string; bytes: number };
    expect({ name, bytes }).toEqual({ name: 'a "quoted" name.bin', bytes: content.length });
    expect(readFileSync(join(folder, 'kept', id)).equals(content)).toBe(true);
    expect(inFolder('incoming')).toEqual([]);
  });

  it.each(Object.entries(CHANGES))('is charged and leaves nothing behind with %s', async (_, change) => {
    const kept = inFolder('kept');
    const upload = await signedUpload(SECRET, `${api}/videos`, content);
    expect(await passOn(upload, change(upload.body))).toEqual({
      status: 400,
      code: 'digest-mismatch',
      charged: true,
    });
    await cleared();
    expect(inFolder('kept')).toEqual(kept);
    expect(await passOn(upload)).toMatchObject({ status: 409, code: 'replayed-nonce' });
  });

  it('has no name while it comes, and is gone when it is cut', async () => {
    const kept = inFolder('kept');
    await cut(await signedUpload(SECRET, `${api}/videos`, content), async () => {
      await waitUntil('the beginning', 5_000, () => (inFolder('incoming').length === 1 ? true : undefined));
      expect(inFolder('kept')).toEqual(kept);
    });
    await cleared();
    expect(inFolder('kept')).toEqual(kept);
  });

  it('of a crash is removed at the next start', () => {
    writeFileSync(join(folder, 'incoming', 'left'), 'unverified');
    createUploadApi({ secret: SECRET, folder });
    expect(existsSync(join(folder, 'incoming', 'left'))).toBe(false);
  });
});

describe('the command', () => {
  it('shows every promise kept', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js')]);
    const ended = once(child, 'close');
    const printed = (await child.stdout.toArray()).join('');
    const complained = (await child.stderr.toArray()).join('');
    const [status] = await ended;
    expect(printed).not.toContain('BROKEN');
    expect(complained).toBe('');
    expect(printed.match(/^kept /gm)).toHaveLength(16);
    expect(printed).toMatch(/^kept {3}a cut upload +1 incoming, 1 kept; then 0 incoming, 1 kept$/m);
    expect(printed).toMatch(
      /^kept {3}six forms at once: one of them +(429, then )+201, with one signature$/m,
    );
    expect(printed).toMatch(/each sent once: one of them +RateLimitedError, outcome not-admitted$/m);
    expect(status).toBe(0);
  });
});
