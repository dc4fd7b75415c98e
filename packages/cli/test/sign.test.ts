import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANY_HOST, createVerifier, keyring } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import vectors from '../../canonical/vectors/worked-examples.json' with { type: 'json' };
import { temporaryFolder } from './support/folder.js';
import { runCli } from './support/run-cli.js';
import { type HereOptions, runHere } from './support/run-here.js';
import { KEY, OCTETS, SECRET } from './support/signed-server.js';

const URL_TEXT = 'https://API.example.com:443/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a';
const FIXED = ['--ts', '1763750000000', '--nonce', '0f8fad5b-d9cb-469f-a165-70867728950e'];
const WORKED = [
  ...['POST', URL_TEXT, '-H', 'Content-Type: application/json', '-d', '{"amount":1299}'],
  ...['--key', 'key_live_1', '--scope', 'orders:write', ...FIXED],
];

function sign(words: readonly string[], { env, ...options }: HereOptions = {}) {
  return runHere(['sign', ...words], { env: { ...KEY, ...env }, ...options });
}

/** The digest that a header line names. */
function digestIn(stdout: string): string | undefined {
  return / digest="([0-9a-f]{64})"/.exec(stdout)?.[1];
}

const SHA256 = {
  empty: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ab: 'fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603',
};

describe('countersign sign', () => {
  it('prints the header line of the worked example, and nothing else', async () => {
    const { status, stdout, stderr } = await runCli(['sign', ...WORKED], { env: KEY });
    expect(vectors[0]?.authorization).toContain('sig="0c5ad1a8');
    expect(stdout).toBe(`authorization: ${vectors[0]?.authorization}\n`);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('makes a signature that the verifier admits, once', async () => {
    const { stdout } = await sign(['GET', 'http://api.example.com/v1/orders?b=2&a=1']);
    const [, value = ''] = /^authorization: (.*)\n$/.exec(stdout) ?? [];
    const verifier = createVerifier({
      audience: ANY_HOST,
      keys: keyring({ k: { secret: SECRET, scopes: ['*'] } }),
    });
    const head = {
      method: 'GET',
      target: '/v1/orders?a=1&b=2',
      headers: [
        ['host', 'api.example.com'],
        ['authorization', value],
      ] as const,
    };
    expect(await verifier.verify(head, { scope: 'orders', body: new Uint8Array() })).toMatchObject({
      ok: true,
    });
    expect(await verifier.verify(head, { scope: 'orders', body: new Uint8Array() })).toMatchObject({
      code: 'replayed-nonce',
    });
  });

  it('explains every line, and where it comes from', async () => {
    const { stdout } = await sign([...WORKED, '--explain']);
    const rows = stdout.split('\n').map((row) => row.trim().split(/ {2,}/));
    const digest = '2ed78cb54f07ab0b5e1d035c86dc3585ac044786b8398d4cbeda2e3b0814e4fb';
    expect(rows.slice(0, 12)).toEqual([
      ['1', 'scheme', 'CS1-HMAC-SHA256', 'always CS1-HMAC-SHA256'],
      ['2', 'method', 'POST', 'METHOD, as given'],
      ['3', 'audience', 'api.example.com', "the URL's host, without the default port"],
      ['4', 'path', '/v1/orders/~eu', "the URL's path: %7e becomes ~"],
      ['5', 'query', 'limit=20&sort=-created&tag=b&tag=a', "the URL's query: sorted by name"],
      ['6', 'digest', digest, 'SHA-256 of 15 bytes of body, -d'],
      ['7', 'ts', '1763750000000', '--ts'],
      ['8', 'nonce', '0f8fad5b-d9cb-469f-a165-70867728950e', '--nonce'],
      ['9', 'key', 'key_live_1', '--key'],
      ['10', 'scope', 'orders:write', '--scope'],
      [
        '11',
        'header content-type',
        'content-type:application/json',
        '-H content-type, which is signed when present',
      ],
      [
        'sig',
        '0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088',
        'HMAC-SHA256 of these lines, joined by LF, under the secret',
      ],
    ]);
    expect(stdout.endsWith(`\n\nauthorization: ${vectors[0]?.authorization}\n`)).toBe(true);
    expect(stdout).not.toContain('\u001b');
  });

  it('explains what a URL was respelled to, and shows a control character escaped', async () => {
    const target = 'api.example.com:8443/a b/%2f/é/../x?q="&%61=%c3&#top';
    const { stdout } = await sign(['GET', target, '-H', 'range: a\tb', '--explain']);
    expect(stdout).toMatch(/ 3 {2}audience +api\.example\.com:8443 +the URL's host and port\n/);
    expect(stdout).toMatch(
      / 4 {2}path +\/a%20b\/%2F\/x +the URL's path: sent as \/a%20b\/%2f\/x, %2f becomes %2F\n/,
    );
    expect(stdout).toMatch(
      / 5 {2}query +&a=%C3&q=%22 +the URL's query: %61 becomes a, %c3 becomes %C3, sorted by name\n/,
    );
    expect(stdout).toMatch(/ 6 {2}digest +e3b0c4\w+ +SHA-256 of 0 bytes: no body\n/);
    expect(stdout).toMatch(/ 7 {2}ts +\d{13} +the clock of this machine\n/);
    expect(stdout).toMatch(/ 8 {2}nonce +[0-9a-f-]{36} +random\n/);
    expect(stdout).toMatch(/ 9 {2}key +k +environment\n/);
    expect(stdout).toMatch(/10 {2}scope +empty: the scope of the route\n/);
    expect(stdout).toContain('range:a\\tb');
    const plain = await sign(['GET', 'https://api.example.com', '--audience', 'inner:8080', '--explain']);
    expect(plain.stdout).toMatch(/ 3 {2}audience +inner:8080 +--audience\n/);
    expect(plain.stdout).toMatch(/ 4 {2}path +\/ +the URL's path, as it is\n/);
    expect(plain.stdout).toMatch(/ 5 {2}query +empty: the URL has no query\n/);
  });

  it('gives programs everything as JSON, with the lines where they are asked for', async () => {
    const { canonical, authorization, signature } = vectors[0] ?? {};
    const { stdout } = await sign([...WORKED, '--json']);
    const read = JSON.parse(stdout);
    expect(read).toMatchObject({ method: 'POST', headers: { authorization }, canonical });
    expect(read.url).toBe('https://api.example.com/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a');
    expect(read.signature).toMatchObject({ key: 'key_live_1', headers: ['content-type'], sig: signature });
    expect(read.lines).toBeUndefined();
    const explained = JSON.parse((await sign([...WORKED, '--json', '--explain'])).stdout);
    expect(explained.lines.map(({ text }: { text: string }) => text).join('\n')).toBe(canonical);
    expect(explained.lines[4]).toMatchObject({
      line: 5,
      part: 'query',
      source: expect.stringContaining('sorted'),
    });
  });

  it('takes the body from -d, @file, --data-file and standard input', async () => {
    const file = join(temporaryFolder(), 'body');
    writeFileSync(file, 'a\nb');
    const post = ['POST', 'http://x/', '-H', 'content-type: a/b'];
    expect(digestIn((await sign([...post, '-d', 'ab'])).stdout)).toBe(SHA256.ab);
    expect(digestIn((await sign([...post, '-d', `@${file}`])).stdout)).toBe(SHA256.ab);
    expect(digestIn((await sign([...post, '-d', '@-'], { input: 'ab\n' })).stdout)).toBe(SHA256.ab);
    expect(digestIn((await sign([...post, '--data-file', '-'], { input: 'ab' })).stdout)).toBe(SHA256.ab);
    writeFileSync(file, OCTETS);
    const octets = digestIn((await sign([...post, '--data-file', file])).stdout);
    const piped = await runCli(['sign', ...post, '--data-file', '-'], { env: KEY, input: OCTETS });
    expect(octets).toBe(digestIn(piped.stdout));
    expect(octets).not.toBe(digestIn((await sign([...post, '-d', `@${file}`])).stdout));
    expect(digestIn((await sign(['GET', 'http://x/'])).stdout)).toBe(SHA256.empty);
  });

  it('says that a content-type which is not signed may not be sent either', async () => {
    const { status, stderr } = await sign(['POST', 'http://x/', '-d', 'a']);
    expect(stderr).toMatch(/^note: no content-type is signed.*\n$/);
    expect(status).toBe(0);
  });

  it('carries the signature in another field, signs what is named, and replaces an earlier signature', async () => {
    const elsewhere = [
      '--header',
      'X-Signature',
      '-H',
      'authorization: Bearer t',
      '-H',
      'x-tenant: 4',
      '--sign-header',
      'X-Tenant',
    ];
    const { stdout } = await sign(['GET', 'http://x/', ...elsewhere]);
    expect(stdout).toMatch(/^x-signature: CS1-HMAC-SHA256 .* headers="authorization;x-tenant", sig="/);
    const again = await sign(['GET', 'http://x/', '-H', (await sign(['GET', 'http://x/'])).stdout.trim()]);
    expect(again.stdout).toMatch(/^authorization: CS1-HMAC-SHA256 [^\n]*\n$/);
    expect(again.status).toBe(0);
  });

  it('signs the host that -H names, since the server will see it', async () => {
    const { stdout } = await sign(['GET', 'http://127.0.0.1:1/', '-H', 'Host: api.example.com', '--json']);
    expect(JSON.parse(stdout).canonical.split('\n')[2]).toBe('api.example.com');
  });

  it.each([
    ['a method in lower case', ['get', 'http://x/'], /^countersign: method: "get" cannot be signed/],
    ['a scheme it cannot send', ['GET', 'ftp://x/'], /ftp is not supported/],
    ['no URL', ['GET', 'http://'], /is not a URL/],
    ['an empty URL', ['GET', ''], /is not a URL/],
    ['a user name in the URL', ['GET', 'http://u:p@x/'], /holds a user name/],
    [
      'a header line without a colon',
      ['GET', 'http://x/', '-H', 'foo'],
      /-H: expected 'Name: value', got "foo"/,
    ],
    [
      'a signed field that stands twice',
      ['GET', 'http://x/', '-H', 'range: 1', '-H', 'range: 2'],
      /range stands on several lines/,
    ],
    [
      'a bearer token in the way',
      ['GET', 'http://x/', '-H', 'authorization: Bearer t'],
      /authorization is taken; .*\(--header\)/,
    ],
    [
      'a wrong scope',
      ['GET', 'http://x/', '--scope', 'a::b'],
      /^countersign: --scope: "a::b" is not a scope/,
    ],
    ['a wrong audience', ['GET', 'http://x/', '--audience', 'a/b'], /^countersign: --audience: "a\/b"/],
    [
      'a field that cannot be signed',
      ['GET', 'http://x/', '--sign-header', 'host'],
      /^countersign: --sign-header: "host"/,
    ],
    [
      'a field that cannot carry it',
      ['GET', 'http://x/', '--header', 'host'],
      /^countersign: --header: "host"/,
    ],
    ['a wrong time', ['GET', 'http://x/', '--ts', '1'], /^countersign: --ts: expected/],
    ['a wrong nonce', ['GET', 'http://x/', '--nonce', 'X'], /^countersign: --nonce: "X"/],
    ['a target that cannot be signed', ['GET', 'http://x/%00'], /encoded control/],
    ['a file that is not there', ['POST', 'http://x/', '--data-file', '/nowhere/b'], /--data-file: ENOENT/],
    ['two bodies', ['POST', 'http://x/', '-d', 'a', '--data-file', 'b'], /not both/],
    ['an unknown flag', ['GET', 'http://x/', '--frob'], /unknown option '--frob'/],
  ])('refuses %s in one line, with status 2', async (_, words, message) => {
    const { status, stdout, stderr } = await sign(words);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect([status, stdout]).toEqual([2, '']);
  });

  it('says how to name a key, and never quotes a secret', async () => {
    const none = await runCli(['sign', 'GET', 'http://x/']);
    expect(none).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no key: give --key <id> or --key-file/),
    });
    const broken = await sign(['GET', 'http://x/'], {
      env: { COUNTERSIGN_SECRET: 'cs1s_tooShortButSecret' },
    });
    expect(broken.status).toBe(2);
    expect(broken.stderr).not.toContain('tooShort');
    const file = join(temporaryFolder(), 'key.json');
    writeFileSync(file, 'topsecret');
    const noJson = await sign(['GET', 'http://x/', '--key-file', file]);
    expect(noJson).toMatchObject({ status: 2, stderr: expect.stringContaining('keygen --json') });
    expect(noJson.stderr).not.toContain('topsecret');
  });

  it('has help with examples', async () => {
    const { status, stdout } = await runCli(['sign', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('curl -H "$(countersign sign GET');
    expect(stdout).toContain('for debugging');
  });
});
