import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFetch, createSigner, type SignerOptions, type SignInput } from '@countersign/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Judgement } from '../src/verify/judgement.js';
import { capture } from './support/capture.js';
import { runCli } from './support/run-cli.js';
import { runHere } from './support/run-here.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER_SECRET = 'cs1s_AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const KEY = { keyId: 'key_live_1', secret: SECRET } as const;
const env = { COUNTERSIGN_KEY_ID: KEY.keyId, COUNTERSIGN_SECRET: SECRET };
const SIGNED_AT_MS = 1_763_750_000_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A signed request as bytes: one that passes, unless it is given otherwise. */
function recorded({
  options = {},
  input = {},
  target = '/v1/orders?a=1',
  body = '{"amount":1299}',
  lines = ['Host: api.example.com', 'Content-Type: application/json'],
  newline = '\r\n',
  signs = body,
}: {
  options?: Partial<SignerOptions>;
  input?: Partial<SignInput>;
  target?: string;
  body?: string;
  lines?: readonly string[];
  newline?: string;
  signs?: string;
} = {}): string {
  const signer = createSigner({ ...KEY, scope: 'orders:write', now: () => SIGNED_AT_MS, ...options });
  const headers = { 'content-type': 'application/json' };
  const url = `https://api.example.com/v1/orders?a=1`;
  const added = signer.sign({ method: 'POST', url, headers, body: signs, ...input });
  const fields = Object.entries(added).map(([name, value]) => `${name}: ${value}`);
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return [`POST ${target} HTTP/1.1`, ...lines, length, ...fields, '', body].join(newline);
}

async function judged(input: string | Uint8Array, words: readonly string[] = [], environment = env) {
  const run = await runHere(['verify', '-', '--json', ...words], { env: environment, input });
  expect(run.stderr).toBe('');
  const judgement: Judgement & { notes: string[] } = JSON.parse(run.stdout);
  const refused = judgement.steps.find(({ outcome }) => outcome === 'refused');
  return { ...judgement, status: run.status, refused };
}

describe('a recording that passes', () => {
  it('ticks off every step that can be judged, and says which cannot', async () => {
    const file = join(folder, 'good.http');
    await writeFile(file, recorded());
    const words = ['verify', file, '--audience', 'api.example.com', '--scope', 'orders:write'];
    const { status, stdout, stderr } = await runCli(
      [...words, '--scopes', 'orders', '--at', String(SIGNED_AT_MS)],
      {
        env,
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => line.slice(0, 16).trim())).toEqual([
      '✓  1  parse',
      '✓  2  find key',
      '✓  3  prove',
      '✓  4  freshness',
      '✓  5  scope',
      '✓  6  body',
      '–  7  admission',
      '',
    ]);
    expect(stdout).toContain('15 bytes, their SHA-256 is the signed digest');
    expect(stdout).toContain("only the server's store knows");
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('Note');
  });

  it('says what it took for granted', async () => {
    const { notes, atMs } = await judged(recorded());
    expect(atMs).toBe(SIGNED_AT_MS);
    for (const option of ['--audience', '--at', '--scope ', '--scopes'])
      expect(notes.join('\n')).toContain(option);
  });

  it.each([
    ['LF line ends', recorded({ newline: '\n' }), /LF, read as CR LF/],
    [
      'LF line ends before a body with empty lines',
      recorded({ newline: '\n', body: 'a\r\n\r\nb\n\n' }),
      undefined,
    ],
    ['a line feed that an editor added', `${recorded()}\n`, undefined],
    ['HTTP/2 on its request line', recorded().replace('HTTP/1.1', 'HTTP/2'), /shown as HTTP\/2/],
    ['more behind its end', `${recorded()}more`, /more follows the end of the request/],
    ['a prefix that an edge stripped', recorded({ target: '/orders?a=1' }), undefined, ['--prefix', '/v1']],
    [
      'no Host',
      recorded({ lines: ['Content-Type: application/json'] }),
      undefined,
      ['--audience', 'api.example.com'],
    ],
    ['a field of its own', recorded({ options: { header: 'x-sig' } }), undefined, ['--header', 'X-Sig']],
    [
      'a deeper scope where the route lets it',
      recorded(),
      undefined,
      ['--scope', 'orders', '--children', '--scopes', 'orders,invoices'],
    ],
  ] as const)('may have %s', async (_what, input, note, words: readonly string[] = []) => {
    const { verified, notes } = await judged(input, words);
    expect(verified).toBe(true);
    if (note !== undefined) expect(notes.join('\n')).toMatch(note);
  });

  it('may be what curl -v printed, to which --body-file adds the body', async () => {
    const head = recorded().split('\r\n\r\n')[0] ?? '';
    const printed = [
      '*   Trying 127.0.0.1:80...',
      ...head.split('\r\n').map((line) => `> ${line}\r`),
      '> \r',
      '} [15 bytes data]',
      '< HTTP/1.1 401 Unauthorized\r',
      '< \r',
      '{"code":"x"}',
    ].join('\n');
    const redirected = await judged(printed.replace('} [', '> GET /2 HTTP/1.1\r\n> Host: b\r\n> \r\n} ['));
    expect(redirected.steps[2]).toMatchObject({ outcome: 'passed' });
    expect(redirected.notes.join()).not.toContain('more follows');
    const without = await judged(printed);
    expect(without.steps[5]).toMatchObject({
      outcome: 'not judged',
      detail: expect.stringContaining('--body-file'),
    });
    expect(without.notes.join()).toContain('curl -v');
    const body = join(folder, 'body.json');
    await writeFile(body, '{"amount":1299}');
    expect((await judged(printed, ['--body-file', body])).steps[5]).toMatchObject({ outcome: 'passed' });
    await writeFile(body, '{"amount":1}');
    expect((await judged(printed, ['--body-file', body])).refused).toMatchObject({ code: 'digest-mismatch' });
  });
});

describe('requests captured from a socket', () => {
  it('verify as they came: of the signed fetch', async () => {
    const socket = await capture();
    const call = createFetch(createSigner({ ...KEY, signHeaders: ['x-trace'] }));
    const body = JSON.stringify({ name: 'Zoë' });
    const url = `http://127.0.0.1:${socket.port}/v1/orders/%7eeu?b=1&a=2`;
    await call(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-trace': '7' },
    }).catch(() => undefined);
    await socket.close();
    const judgement = await judged(socket.bytes(), ['--audience', `127.0.0.1:${socket.port}`, '--at', 'now']);
    expect(judgement.verified).toBe(true);
    expect(judgement.canonical).toContain('\n/v1/orders/~eu\na=2&b=1\n');
  });

  it('verify as they came: in chunks', async () => {
    const socket = await capture();
    const url = `http://127.0.0.1:${socket.port}/v1/orders`;
    const headers = createSigner(KEY).sign({ method: 'POST', url, body: 'one two' });
    const sent = request(url, { method: 'POST', headers });
    sent.write('one ');
    sent.end('two');
    await once(sent, 'response');
    await socket.close();
    const bytes = socket.bytes();
    expect(bytes.toString()).toMatch(/transfer-encoding: chunked/i);
    expect(await judged(bytes)).toMatchObject({ verified: true });
    const cut = await judged(bytes.subarray(0, -7));
    expect(cut.refused).toMatchObject({ name: 'body', code: 'digest-mismatch' });
    expect(cut.notes.join()).toContain('the recording ends before the body does');
    const tampered = Buffer.from(bytes.toString('latin1').replace('two', 'owt'), 'latin1');
    expect((await judged(tampered)).refused).toMatchObject({ step: 6, code: 'digest-mismatch' });
  });
});

describe('each step refuses', () => {
  const refusals: readonly (readonly [
    code: string,
    step: number,
    input: string,
    words: readonly string[],
    fix: RegExp,
  ])[] = [
    ['missing-signature', 1, recorded().replace(/authorization: .*\r\n/, ''), [], /--header/],
    ['missing-signature', 1, recorded(), ['--header', 'x-sig'], /--header/],
    ['malformed-signature', 1, recorded().replace('ts="1', 'ts="01'), [], /spec 2\.1/],
    ['malformed-target', 1, recorded({ target: '/v1/%zz' }), [], /origin-form/],
    ['ambiguous-target', 1, recorded({ target: '/v1/%2e%2e/orders' }), [], /resolve/],
    ['malformed-request', 1, recorded({ lines: ['Content-Type: application/json'] }), [], /arrive once/],
    ['malformed-request', 1, recorded({ lines: ['Host: api.example.com'] }), [], /drops it on the way/],
    [
      'malformed-request',
      1,
      recorded().replace('Host', 'X-Tenant: 7\r\nHost'),
      ['--require-signed', 'x-tenant'],
      /has to be signed/,
    ],
    [
      'wrong-audience',
      1,
      recorded(),
      ['--audience', 'a.example', '--audience', 'b.example'],
      /signer option audience/,
    ],
    ['invalid-signature', 2, recorded({ options: { keyId: 'key_other' } }), [], /--key-file/],
    ['invalid-signature', 3, recorded({ options: { secret: OTHER_SECRET } }), [], /secret differs/],
    ['invalid-signature', 3, recorded({ target: '/v1/orders?a=2' }), [], /--explain/],
    ['invalid-signature', 3, recorded(), ['--audience', 'other.example'], /--audience/],
    ['stale-timestamp', 4, recorded(), ['--at', 'now'], /pastMs/],
    ['stale-timestamp', 4, recorded(), ['--at', String(SIGNED_AT_MS + 300_001)], /pastMs/],
    ['future-timestamp', 4, recorded(), ['--at', '2025-11-21T18:33:09.999Z'], /futureMs/],
    ['scope-mismatch', 5, recorded(), ['--scope', 'invoices'], /scope of the route/],
    ['scope-mismatch', 5, recorded(), ['--scope', 'orders'], /children: true/],
    ['scope-not-granted', 5, recorded(), ['--scopes', 'invoices,orders:read'], /key's scopes/],
    ['body-too-large', 6, recorded(), ['--max-body-bytes', '14'], /maxBodyBytes/],
    ['digest-mismatch', 6, recorded({ signs: '{"amount":1}' }), [], /very bytes/],
    ['digest-mismatch', 6, recorded().slice(0, -1), [], /very bytes/],
  ];

  it.each(refusals)('%s in step %i', async (code, step, input, words, fix) => {
    const { status, refused, steps, verified } = await judged(input, words);
    expect([status, verified]).toEqual([1, false]);
    expect(refused).toMatchObject({ step, code, detail: expect.stringMatching(/./) });
    expect(refused?.fix).toMatch(fix);
    expect(steps.map(({ outcome }) => outcome)).toEqual([
      ...Array(step - 1).fill('passed'),
      'refused',
      ...Array(7 - step).fill('not reached'),
    ]);
  });

  it('prints it with its status, its reason and what to do', async () => {
    const { status, stdout } = await runCli(['verify', '-', '--scope', 'invoices'], {
      env,
      input: recorded(),
    });
    expect(status).toBe(1);
    expect(stdout).toContain(
      '✗  5  scope       scope-mismatch (403): signed for orders:write, the route is invoices\n',
    );
    expect(stdout).toMatch(/\n {18}Fix: sign with the scope of the route/);
    expect(stdout).toContain('   6  body        not reached\n');
  });

  it('is fresh to the last millisecond of the window', async () => {
    for (const atMs of [SIGNED_AT_MS + 300_000, SIGNED_AT_MS - 10_000]) {
      expect((await judged(recorded(), ['--at', String(atMs)])).verified).toBe(true);
    }
  });
});

describe('--explain', () => {
  it('lists the canonical string that the server computes, in a form that explain takes', async () => {
    const { stdout } = await runHere(['verify', '-', '--explain'], {
      env,
      input: recorded({ target: '/orders' }),
    });
    expect(stdout).toContain('\n 1  CS1-HMAC-SHA256\n 2  POST\n 3  api.example.com\n 4  /orders\n 5  \n 6  ');
    const listing = join(folder, 'listing.txt');
    await writeFile(
      listing,
      stdout
        .split('\n')
        .filter((line) => /^[ 1]\d /.test(line))
        .join('\n'),
    );
    const explained = await runHere(['explain', '-', listing], { env, input: recorded() });
    expect(explained.stdout).toContain('line numbers taken off');
    expect(explained.stdout).toContain('Line 4, path, differs');
  });

  it('compares with what the client sent in debug mode', async () => {
    const input = recorded({ options: { debug: true }, target: '/orders?a=1' });
    const { stdout, status } = await runHere(['verify', '-'], { env, input });
    expect(status).toBe(1);
    expect(stdout).toContain("prefix: '/v1'");
  });
});

describe('wrong input', () => {
  it.each([
    ['nothing', '', /it is empty/],
    [
      'binary',
      Buffer.from(Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 256)),
      /expected a recorded/,
    ],
    ['10 MB without a line', Buffer.alloc(10_000_000, 'x'), /expected a recorded HTTP\/1\.1 request/],
    ['10 MB of lines', Buffer.alloc(10_000_000, '> x\n'), /expected a recorded HTTP\/1\.1 request/],
    ['a head of 10 MB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`, /Header overflow/],
    ['no empty line', 'GET / HTTP/1.1\r\nHost: a\r\n', /no empty line ends the head/],
    [
      'two lengths',
      'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      /refuses it before any/,
    ],
    [
      'two framings',
      'GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na',
      /refuses it before/,
    ],
    ['a method of lower case', 'get / HTTP/1.1\r\n\r\n', /knows no method "get"/],
    ['a field name with a space', 'GET / HTTP/1.1\r\nA b: c\r\n\r\n', /Invalid header token/],
    ['an answer', 'HTTP/1.1 200 OK\r\n\r\n', /expected a recorded HTTP\/1\.1 request/],
  ] as const)('%s ends in one line', async (_what, input, message) => {
    const { status, stdout, stderr } = await runHere(['verify', '-'], { env, input });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^countersign: .+\n$/);
  });

  it('takes a body of 10 MB where the limit lets it', async () => {
    const body = 'x'.repeat(10_000_000);
    const large = recorded({ body });
    expect((await judged(large)).refused).toMatchObject({ code: 'body-too-large' });
    expect((await judged(large, ['--max-body-bytes', '10000000'])).verified).toBe(true);
  });

  it.each([
    [['--at', 'yesterday'], /--at: expected now/],
    [['--at', '1e400'], /--at: expected now/],
    [['--max-body-bytes', '1k'], /--max-body-bytes: expected a whole number/],
    [['--audience', 'a b'], /audience: "a b" is not a host/],
    [['--scope', 'or ders'], /scope: .*is not a scope/],
    [['--scopes', 'orders,,x'], /scopes\[1\]: "" is neither/],
    [['--prefix', 'v1'], /prefix: expected a path/],
    [['--header', 'host'], /header: "host" is not/],
    [['--require-signed', 'cookie'], /requireSigned: "cookie" is not/],
    [['--body-file', '-'], /only one of the two/],
    [['--body-file', '/nowhere/body'], /ENOENT/],
    [['--key', 'a b'], /--key/],
  ] as const)('%j ends in one line', async (words, message) => {
    const { status, stderr } = await runHere(['verify', '-', ...words], { env, input: recorded() });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^countersign: .+\n$/);
  });

  it('needs a key, and says how to give one; no secret is ever shown', async () => {
    const none = await runCli(['verify', '-'], { input: recorded() });
    expect([none.status, none.stderr]).toEqual([
      2,
      expect.stringMatching(/^countersign: no key: .*--key-file.*\n$/),
    ]);
    const weak = await runCli(['verify', '-'], {
      env: { ...env, COUNTERSIGN_SECRET: 'cs1s_tooshort' },
      input: recorded(),
    });
    expect(weak.status).toBe(2);
    expect(weak.stderr).not.toContain('tooshort');
    const { stdout } = await runCli(['verify', '-', '--json', '--explain'], { env, input: recorded() });
    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain(SECRET.slice(5));
  });

  it('explains itself', async () => {
    const { status, stdout } = await runCli(['verify', '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Exit status: 0 when every step/);
    expect(stdout).toMatch(/\$ countersign verify request\.http/);
  });
});
