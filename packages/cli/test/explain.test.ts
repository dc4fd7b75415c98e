import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalize, sha256Hex } from '@countersign/canonical';
import { createSigner } from '@countersign/client';
import { ANY_HOST, createVerifier, keyring, REFUSALS } from '@countersign/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markDifference, visible } from '../src/explain/show-difference.js';
import { runCli } from './support/run-cli.js';
import { runHere } from './support/run-here.js';

const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const parts = {
  method: 'POST',
  audience: 'api.example.com',
  path: '/v1/orders/7',
  query: 'a=1&b=2',
  digest: sha256Hex('{"amount":1299}'),
  ts: '1763750000000',
  nonce: '0f8fad5b-d9cb-469f-a165-70867728950e',
  key: 'key_live_1',
  scope: 'orders',
  headers: [['content-type', 'application/json']],
} as const;
const SIGNED = canonicalize(parts);
const seen = (change: object): string => canonicalize({ ...parts, ...change });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-explain-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `input-${++files}.txt`);
  await writeFile(path, content);
  return path;
}

/** Runs `explain` with two files. */
async function explain(
  client: string | Uint8Array,
  server: string | Uint8Array,
  words: readonly string[] = [],
) {
  return runHere(['explain', await file(client), await file(server), ...words]);
}

/** A signed request as bytes, sent with one target and Host and, if asked for, changed on the way. */
function request({
  path = '/v1/orders',
  host = 'api.example.com',
  debug = false,
  body = '{"amount":1299}',
} = {}) {
  const headers = { 'content-type': 'application/json' };
  const signer = createSigner({
    keyId: 'key_live_1',
    secret: SECRET,
    now: () => 1763750000000,
    nonce: () => parts.nonce,
    debug,
  });
  const url = 'https://api.example.com/v1/orders';
  const added = signer.sign({ method: 'POST', url, headers, body: '{"amount":1299}' });
  const fields = Object.entries({ ...headers, ...added }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n${fields.join('')}\r\n${body}`;
}

/** What a verifier in debug mode answers to a client in debug mode whose path lost its prefix. */
async function debugAnswer(secret = SECRET, target = '/orders') {
  const verifier = createVerifier({
    keys: keyring({ key_live_1: { secret, scopes: ['*'] } }),
    audience: ANY_HOST,
    debug: true,
    now: () => 1763750000000,
  });
  const lines = request({ debug: true }).split('\r\n\r\n')[0]?.split('\r\n').slice(1) ?? [];
  const headers = lines.map(
    (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const,
  );
  const verdict = await verifier.verify({ method: 'POST', target, headers });
  if (verdict.ok) throw new Error('expected a refusal');
  return verdict;
}

describe('the first line that differs, its cause and its fix', () => {
  const causes: readonly (readonly [
    part: string,
    line: number,
    change: object,
    cause: RegExp,
    fix: RegExp,
  ])[] = [
    ['method', 2, { method: 'GET' }, /method was changed/, /method-override middleware/],
    ['audience', 3, { audience: '10.0.0.7:8080' }, /another host or port/, /audience: 'api\.example\.com'/],
    ['path', 4, { path: '/orders/7' }, /lost its prefix \/v1 on/, /adapter .*prefix: '\/v1'/],
    ['path', 4, { path: '/x/v1/orders/7' }, /gained the prefix \/x on/, /adapter option prefix/],
    ['path', 4, { path: '/v1/orders/7/' }, /trailing slash/, /raw target/],
    ['query', 5, { query: 'a=1' }, /b=2 was removed/, /raw target/],
    ['query', 5, { query: '' }, /it was lost/, /raw target/],
    ['query', 5, { query: 'b=2&a=1' }, /server's query is not in canonical form/, /sort by root name/],
    [
      'digest',
      6,
      { digest: sha256Hex('') },
      /that of no body/,
      /mount the verifier before every body parser/,
    ],
    ['ts', 7, { ts: '1763750000001' }, /different signatures/, /one and the same request/],
    ['key', 9, { key: 'key_live_2' }, /different keys/, /keyId/],
    ['scope', 10, { scope: 'orders:write' }, /different scopes/, /option scope/],
    [
      'header content-type',
      11,
      { headers: [['content-type', 'text/plain']] },
      /value of the field/,
      /whenever it is present/,
    ],
    ['header content-type', 11, { headers: [] }, /sign different header fields/, /parameter headers/],
    [
      'header x-trace',
      12,
      { headers: [...parts.headers, ['x-trace', '1']] },
      /the server has x-trace, the client has not/,
      /signHeaders/,
    ],
  ];

  it.each(causes)('%s, line %i', async (part, line, change, cause, fix) => {
    const { status, stdout, stderr } = await explain(SIGNED, seen(change));
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain(`Line ${line}, ${part}, differs:`);
    expect(/^Cause: (.*)$/m.exec(stdout)?.[1]).toMatch(cause);
    expect(/^Fix: {3}(.*)$/m.exec(stdout)?.[1]).toMatch(fix);
  });

  it('points at the characters, one line under the other', async () => {
    const { status, stdout, stderr } = await runCli(['explain', await file(SIGNED), '-'], {
      input: seen({ path: '/v1/0rders/7' }),
    });
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain(
      ['  client  /v1/orders/7', '              ^', '  server  /v1/0rders/7', '              ^', ''].join(
        '\n',
      ),
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('escapes what it quotes of a path that would steer the terminal', async () => {
    const { stdout } = await explain(seen({ path: '/\u001b]0;title\u0007/v1' }), seen({ path: '/v1' }));
    expect(stdout).toContain('Cause: the path lost its prefix /\\u001b]0;title\\u0007 on the way\n');
    expect(stdout).not.toMatch(/[\u001b\u0007]/);
  });

  it('says what else differs, and when the two are of two signatures', async () => {
    const { stdout } = await explain(SIGNED, seen({ path: '/orders/7', query: 'a=1', ts: '1763750000001' }));
    expect(stdout).toContain('Note:  further on differ: query, ts\n');
    expect(stdout).toContain('of one request, sent once?');
    const later = await explain(SIGNED, seen({ ts: '1763750000001', key: 'key_live_2' }));
    expect(later.stdout).toContain('Note:  further on differ: key\n');
    expect(later.stdout).not.toContain('sent once?');
  });

  it('is there as JSON', async () => {
    const { status, stdout } = await explain(SIGNED, seen({ path: '/orders/7' }), ['--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'different',
      difference: { line: 4, part: 'path', client: '/v1/orders/7', server: '/orders/7' },
      fix: expect.stringContaining("prefix: '/v1'"),
    });
  });
});

describe('equal strings', () => {
  it('mean another secret or a key that is not usable, and how to check is said', async () => {
    const { status, stdout } = await explain(SIGNED, SIGNED);
    expect(status).toBe(0);
    expect(stdout).toMatch(/are equal: the secret differs, or the key is not usable/);
    expect(stdout).toMatch(/countersign verify/);
  });

  const empty = seen({ scope: '', headers: [] });
  it.each([
    [
      'a line feed at the end',
      `${SIGNED}\n`,
      SIGNED,
      /a line feed at its end taken off; if that is in the text/,
    ],
    ['CR LF', SIGNED.replaceAll('\n', '\r\n'), SIGNED, /CR LF read as LF; if that is in the text/],
    ['a JSON string', JSON.stringify(SIGNED), SIGNED, /a JSON string/],
    ['a JSON object', JSON.stringify({ canonical: SIGNED }), SIGNED, /member canonical/],
    ['the debug field', Buffer.from(SIGNED).toString('base64url'), SIGNED, /value of countersign-debug/],
    ['\\n as two characters', SIGNED.replaceAll('\n', '\\n'), SIGNED, /of two characters/],
    ['quotes', `'${SIGNED}'\n`, SIGNED, /quotes taken off/],
    ['quotes and \\n', `\`${SIGNED.replaceAll('\n', '\\n')}\``, SIGNED, /quotes taken off/],
    ['a byte order mark', `\ufeff${SIGNED}`, SIGNED, /byte order mark/],
    [
      'line numbers',
      SIGNED.split('\n')
        .map((line, at) => `${at + 1}  ${line}`)
        .join('\n'),
      SIGNED,
      /line numbers/,
    ],
    ['an empty scope cut off', empty.trimEnd(), empty, /empty scope, cut off/],
    ['an empty scope and a line feed', `${empty}\n`, empty, /taken off/],
  ])('are seen through %s, and it is said', async (_what, pasted, other, said) => {
    for (const [client, server] of [
      [pasted, other],
      [other, pasted],
    ] as const) {
      const { status, stdout } = await explain(client, server);
      expect(stdout).toMatch(said);
      expect(status).toBe(0);
    }
  });
});

describe('recorded requests', () => {
  it('stand for the canonical string that is computed from them', async () => {
    const { status, stdout } = await explain(request(), request({ path: '/orders' }));
    expect(status).toBe(1);
    expect(stdout).toMatch(/client {2}\S+ {2}a recorded request; the canonical string computed from it/);
    expect(stdout).toContain("prefix: '/v1'");
  });

  it('stand for what was sent in debug mode, on the client’s side alone', async () => {
    // The same bytes: as the client's they hold what was signed, as the server's they are what arrived.
    const arrived = request({ path: '/orders', debug: true });
    const { stdout } = await explain(arrived, arrived);
    expect(stdout).toContain('that its countersign-debug field holds');
    expect(stdout).toContain("prefix: '/v1'");
  });

  it('may have another Host, of which the option makes nothing', async () => {
    const arrived = request({ host: 'internal:8080' });
    expect((await explain(request(), arrived)).stdout).toContain('Line 3, audience');
    expect((await explain(request(), arrived, ['--audience', 'api.example.com'])).status).toBe(0);
  });

  it('are told of when their body is not the signed one, which a canonical string does not show', async () => {
    const { status, stdout } = await explain(request(), request({ body: '{"amount":9999}' }));
    expect(status).toBe(0);
    expect(stdout).toContain('its body is not the one whose digest its signature names');
  });

  it('that a verifier refuses at once have no canonical string', async () => {
    const { status, stderr } = await explain(request().replace('POST /v1', 'POST /../v1'), SIGNED);
    expect(status).toBe(2);
    expect(stderr).toMatch(/without a canonical string: ambiguous-target, .*countersign verify/);
  });
});

describe('answers of a server', () => {
  const signed = () => request({ debug: true });

  it.each([
    ['its problem document', (json: string) => json],
    ['its problem document, indented', (json: string) => JSON.stringify(JSON.parse(json), undefined, 2)],
    [
      'its whole answer',
      (json: string) =>
        `HTTP/1.1 401 Unauthorized\r\ncontent-type: application/problem+json\r\n\r\n${json}\n`,
    ],
    [
      'its answer in a chunk',
      (json: string) =>
        `HTTP/1.1 401 Unauthorized\r\n\r\n${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`,
    ],
    ['its answer over HTTP/2', (json: string) => `HTTP/2 401 \r\ncache-control: no-store\r\n\r\n${json}`],
    [
      'what curl -v prints',
      (json: string) =>
        `> POST / HTTP/1.1\n>\n} [15 bytes data]\n< HTTP/1.1 401 \n<\n{ [9 bytes data]\n${json}* Connection #0 left intact`,
    ],
    ['the member debug alone', (json: string) => JSON.stringify(JSON.parse(json).debug)],
  ])('tell the line: %s', async (_what, form) => {
    const { problem } = await debugAnswer();
    const { status, stdout } = await explain(signed(), form(JSON.stringify(problem)));
    expect(status).toBe(1);
    expect(stdout).toContain('Line 4, path, differs');
    expect(stdout).toContain("Fix:   give the adapter what the edge strips: prefix: '/v1'");
    expect(stdout).not.toContain('another request');
  });

  it('tell that there is no difference', async () => {
    const { problem } = await debugAnswer('cs1s_AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8', '/v1/orders');
    const { status, stdout } = await explain(signed(), JSON.stringify(problem));
    expect(status).toBe(0);
    expect(stdout).toContain('the secret differs');
  });

  it('may be about another request, which is said', async () => {
    const { problem } = await debugAnswer();
    const { stdout } = await explain(SIGNED, JSON.stringify(problem));
    expect(stdout).toContain('the answer is about another request');
  });

  it('without a debug member say how to get one', async () => {
    const { status, stderr } = await explain(signed(), '{"code":"invalid-signature"}');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^countersign: .*signer option debug: true .*verifier with debug: true.*\n$/);
  });

  it.each(Object.keys(REFUSALS).filter((code) => code !== 'invalid-signature'))(
    'that refuse with %s are explained by that',
    async (code) => {
      const { status, stdout } = await explain(signed(), JSON.stringify({ code, title: 'x' }));
      expect(status).toBe(1);
      expect(stdout).toContain(`${code} (`);
      expect(stdout).toMatch(/^Fix: {3}.{20}/m);
    },
  );

  it('do not fool it: a debug member that is no such thing', async () => {
    for (const debug of [
      { line: 1e9, client: 'a', server: 'b' },
      { line: 4 },
      { line: '4', client: 'a' },
      [],
      7,
    ]) {
      const { status, stderr } = await explain(
        signed(),
        JSON.stringify({ code: 'invalid-signature', debug }),
      );
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^countersign: .+\n$/)]);
    }
    const same = JSON.stringify({ code: 'invalid-signature', debug: { line: 4, client: 'a', server: 'a' } });
    expect((await explain(signed(), same)).stderr).toMatch(/two lines that are the same/);
  });
});

describe('wrong input', () => {
  const binary = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 256);
  it.each([
    ['nothing', '', /it is empty/],
    ['binary', binary, /expected/],
    ['10 MB', Buffer.alloc(10_000_000, 'x\n'), /expected/],
    ['10 MB of quotes', Buffer.alloc(10_000_000, '"'), /expected/],
    ['prose', 'Dear Sir,\nthe signature does not match.\n', /expected/],
    ['JSON of another kind', '{"status":"ok"}', /expected/],
    ['an answer without a problem', 'HTTP/1.1 200 OK\r\n\r\nhello', /expected/],
  ] as const)('%s ends in one line, on either side', async (_what, content, message) => {
    for (const [client, server] of [
      [content, SIGNED],
      [SIGNED, content],
    ] as const) {
      const { status, stdout, stderr } = await explain(client, server);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^countersign: .+\n$/);
    }
  });

  it('is told apart from the two in the wrong order', async () => {
    const { status, stderr } = await explain('{"code":"invalid-signature"}', SIGNED);
    expect([status, stderr]).toEqual([2, expect.stringContaining('give what the client signed first')]);
  });

  it('is standard input given twice, a file that is not there, an audience that is none', async () => {
    expect((await runHere(['explain', '-', '-'])).stderr).toMatch(/only one of the two/);
    expect((await runHere(['explain', '/nowhere', '-'])).stderr).toMatch(/ENOENT/);
    expect((await explain(request(), SIGNED, ['--audience', 'a b'])).stderr).toMatch(
      /audience: "a b" is not/,
    );
  });

  it('explains itself', async () => {
    const { status, stdout } = await runCli(['explain', '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Exit status: 0 when the strings are equal/);
    expect(stdout).toMatch(/\$ countersign explain request\.http answer\.json/);
  });
});

describe('two lines as people see them', () => {
  it('have what is invisible escaped', () => {
    expect(visible(' a\t\u00a0b\\\u200b\r ')).toBe('\\x20a\\t\\xa0b\\\\\\u200b\\r\\x20');
    expect(visible('a b')).toBe('a b');
  });

  it.each([
    ['/v1/orders', '/orders', ' ^^^', ' ^'],
    ['a', 'b', '^', '^'],
    ['aa', 'a', ' ^', ' ^'],
    ['', 'a', '^', '^'],
    ['x y', 'x\u00a0y', ' ^', ' ^^^^'],
    ['a ', 'a', ' ^^^^', ' ^'],
  ])('are marked where %j and %j differ', (ours, theirs, oursMarks, theirsMarks) => {
    const marked = markDifference(ours, theirs);
    expect(marked.map(({ marks }) => marks)).toEqual([oursMarks, theirsMarks]);
  });

  it('are cut around the difference where they are long', () => {
    const [ours, theirs] = markDifference(
      `${'a'.repeat(5000)}X${'b'.repeat(5000)}`,
      `${'a'.repeat(5000)}${'b'.repeat(5000)}`,
    );
    expect(ours.text).toBe(`…${'a'.repeat(40)}X${'b'.repeat(40)}…`);
    expect(ours.marks).toBe(`${' '.repeat(41)}^`);
    expect(theirs.text.length).toBeLessThan(130);
  });
});
