/**
 * Shows multipart uploads, buffered and streamed, whose every byte is covered. Ends with 1 when a promise was broken.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimitedError } from '@countersign/client';
import { apiFetch, sendDocument, sendVideo } from './client.js';
import { cut, passOn, renamed, signedUpload, type Upload, withByteChanged } from './on-the-way.js';
import { createUploadApi } from './server.js';
import { tell, title } from './tell.js';

const [KIB, MIB] = [1024, 1024 * 1024];
const VIDEO_BYTES = 32 * MIB;

const secret = `cs1s_${randomBytes(32).toString('base64url')}`;
const folder = mkdtempSync(join(tmpdir(), 'countersign-uploads-'));
// However this ends, but by SIGKILL.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const server = createServer(createUploadApi({ secret, folder })).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const api = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`;
const [documents, videos] = [`${api}/documents`, `${api}/videos`];
const [report, video] = [join(folder, 'report.pdf'), join(folder, 'video.mp4')];
writeFileSync(report, randomBytes(200 * KIB));
writeFileSync(video, randomBytes(VIDEO_BYTES));

const inFolder = (name: string): number => readdirSync(join(folder, name)).length;
const onDisk = (): string => `${inFolder('incoming')} incoming, ${inFolder('kept')} kept`;
const small = (): Promise<Upload> => signedUpload(secret, documents, randomBytes(64 * KIB));
const big = (): Promise<Upload> => signedUpload(secret, videos, randomBytes(2 * MIB));

/** What somebody on the way may do to a form. */
const CHANGES: readonly [what: string, change: (body: Buffer) => Buffer][] = [
  ['one byte of the file changed', withByteChanged],
  ['the part "file" renamed to "logo"', (body) => renamed(body, 'name="file"', 'name="logo"')],
  ['report.bin renamed to report.exe', (body) => renamed(body, 'report.bin', 'report.exe')],
];

async function showBuffered(): Promise<void> {
  title('1  Buffered, up to 1 MiB: verified before it counts and before it is parsed');
  const response = await sendDocument(apiFetch(secret), documents, report, 'the third quarter');
  tell(
    response.status === 201,
    'FormData by the signed fetch',
    `${response.status} ${await response.text()}`,
  );
  const upload = await small();
  for (const [what, change] of CHANGES) {
    const { status, code } = await passOn(upload, change(upload.body));
    tell(code === 'digest-mismatch', `  ${what}`, `${status} ${code}, nothing charged`);
  }
  await cut(upload, async () => {});
  const { status, code } = await passOn(upload);
  tell(status === 201, 'the same signature, after these and after a cut upload', `${status} ${code}`);
  const again = await passOn(upload);
  tell(again.code === 'replayed-nonce', '  and once more', `${again.status} ${again.code}`);
  const headers = { ...upload.headers, 'content-type': 'multipart/form-data; boundary=other' };
  const other = await passOn({ ...upload, headers });
  tell(
    other.code === 'invalid-signature',
    '  with another boundary in Content-Type',
    `${other.status} ${other.code}`,
  );
}

async function showStreamed(): Promise<void> {
  title('2  Streamed to the disk, up to 64 MiB: written as it comes, named when it is verified');
  const response = await sendVideo(apiFetch(secret), videos, video);
  tell(
    response.status === 201 && inFolder('kept') === 1,
    '32 MiB, a file that is read twice',
    `${response.status}, ${onDisk()}`,
  );
  for (const [what, change] of CHANGES) {
    const upload = await big();
    const { status, code, charged } = await passOn(upload, change(upload.body));
    // Multer knows no part "logo" and says so before the end of the body, where the digest would tell.
    const refused = (code === 'digest-mismatch' && charged) || code === 'LIMIT_UNEXPECTED_FILE';
    tell(refused && onDisk() === '0 incoming, 1 kept', `  ${what}`, `${status} ${code}; ${onDisk()}`);
  }
  const upload = await big();
  let during = '';
  await cut(upload, async () => {
    await until(() => inFolder('incoming') === 1);
    during = onDisk();
  });
  await until(() => inFolder('incoming') === 0);
  const after = onDisk();
  tell(
    during === '1 incoming, 1 kept' && after === '0 incoming, 1 kept',
    'a cut upload',
    `${during}; then ${after}`,
  );
  const again = await passOn(upload);
  tell(
    again.code === 'replayed-nonce',
    '  the same signature: it was charged by its head',
    `${again.status} ${again.code}`,
  );
}

async function showTooLarge(): Promise<void> {
  title('3  Too large: refused by the head, before a byte of the body is read');
  const upload = await signedUpload(secret, documents, new Uint8Array(2 * MIB));
  const { status, code } = await passOn(upload, null);
  tell(code === 'body-too-large', '2 MiB announced, none of it sent', `${status} ${code}`);
}

async function showRateLimit(): Promise<void> {
  title('4  A spent budget, 4/2s: what can be sent twice is sent again by itself');
  const sent: { status: number; signature: string | null }[] = [];
  const fetch = apiFetch(secret, {
    fetch: async (url, init) => {
      const response = await globalThis.fetch(url, init);
      sent.push({ status: response.status, signature: new Headers(init?.headers).get('authorization') });
      return response;
    },
  });
  await Promise.all(Array.from({ length: 6 }, () => sendDocument(fetch, documents, report, 'one of six')));
  const refused = sent.find(({ status }) => status === 429);
  const same = sent.filter(({ signature }) => signature === refused?.signature);
  const statuses = same.map(({ status }) => status).join(', then ');
  tell(
    /^(429, then )+201$/.test(statuses),
    'six forms at once: one of them',
    `${statuses}, with one signature`,
  );

  const stream = (): Promise<unknown> =>
    sendVideo(apiFetch(secret), documents, report).catch((error: unknown) => error);
  const ends = await Promise.all(Array.from({ length: 8 }, stream));
  const limited = ends.find((end) => end instanceof RateLimitedError);
  const outcome = limited === undefined ? 'none refused' : `RateLimitedError, outcome ${limited.outcome}`;
  tell(limited?.outcome === 'not-admitted', 'eight streams at once, each sent once: one of them', outcome);
}

async function until(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !condition(); n++) await sleep(10);
}

await showBuffered();
await showStreamed();
await showTooLarge();
await showRateLimit();
server.close();
server.closeAllConnections();
