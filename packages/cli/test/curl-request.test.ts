/** What each flag makes of the request, as the handler behind the verifier saw it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/folder.js';
import type { HereOptions } from './support/run-here.js';
import { curl, type Handled, KEY, OCTETS, startSigned } from './support/signed-server.js';

/** Sends to `/echo` of a server of its own; what the handler saw, and what was printed. */
async function send(words: readonly string[], options: HereOptions = {}, path = '/echo') {
  const server = await startSigned();
  const run = await curl([...words, server.origin + path], options);
  const [handled] = server.handled;
  if (handled === undefined) throw new Error(`not admitted: ${run.stdout}${run.stderr}`);
  return { ...run, handled, text: handled.body.toString() };
}

function fileWith(content: string | Uint8Array, name = 'file'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

const seen = ({ method, target, body }: Handled) => [method, target, body.toString()];
const FORM = 'application/x-www-form-urlencoded';

describe('countersign curl: the request', () => {
  it('sends GET without flags, with what curl sends besides', async () => {
    const { handled, status, stderr } = await send([]);
    expect(seen(handled)).toEqual(['GET', '/echo', '']);
    expect(handled.headers).toMatchObject({
      accept: '*/*',
      'user-agent': expect.stringMatching(/^countersign/),
    });
    expect(Object.keys(handled.headers).sort()).toEqual([
      'accept',
      'authorization',
      'connection',
      'host',
      'user-agent',
    ]);
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each([
    [['-X', 'PATCH']],
    [['-XPATCH']],
    [['--request=PATCH']],
    [['--request', 'PATCH']],
    [['-sSXPATCH']],
  ])('takes the method from %j', async (words) => {
    expect((await send([...words, '-d', 'x'])).handled.method).toBe('PATCH');
  });

  it('takes header lines, without those that -H empties, and from a file', async () => {
    const file = fileWith('X-One: 1\r\nX-Two:2\n\n');
    const { handled } = await send([
      '-H',
      'x-a: b: c',
      '-HX-B:d',
      '--header',
      'x-c;',
      '-H',
      'Accept:',
      '-H',
      `@${file}`,
    ]);
    expect(handled.headers).toMatchObject({
      'x-a': 'b: c',
      'x-b': 'd',
      'x-c': '',
      'x-one': '1',
      'x-two': '2',
    });
    expect(handled.headers).not.toHaveProperty('accept');
  });

  it.each([
    ['-d', ['-d', 'a=1', '--data=b=2', '--data-ascii', 'c'], 'a=1&b=2&c'],
    ['-d with an empty text', ['-d', ''], ''],
    ['--data-raw', ['--data-raw', '@a'], '@a'],
    ['--data-binary', ['--data-binary', 'a\r\nb'], 'a\r\nb'],
    [
      '--data-urlencode',
      ['--data-urlencode', 'n=ä &', '--data-urlencode', '=a=b', '--data-urlencode', 'c d'],
      'n=%C3%A4+%26&a%3Db&c+d',
    ],
    ['several kinds, in their order', ['--data-raw', 'a', '-d', 'b', '--data-urlencode', 'c='], 'a&b&c='],
  ])('takes the body from %s, as a form by POST', async (_, words, body) => {
    const { handled, text } = await send(words);
    expect(text).toBe(body);
    expect(handled.method).toBe('POST');
    expect(handled.headers['content-type']).toBe(FORM);
    expect(handled.headers['content-length']).toBe(String(body.length));
  });

  it('reads files and standard input: -d without line ends, --data-binary byte for byte', async () => {
    const file = fileWith(OCTETS);
    const without = OCTETS.filter((octet) => octet !== 10 && octet !== 13 && octet !== 0);
    expect((await send(['-d', `@${file}`])).handled.body).toEqual(Buffer.from(without));
    const binary = await send(['--data-binary', `@${file}`]);
    expect(binary.handled.body).toEqual(OCTETS);
    expect(binary.bytes).toEqual(OCTETS);
    expect((await send(['--data-binary', '@-'], { input: OCTETS })).bytes).toEqual(OCTETS);
    expect((await send(['-d@-'], { input: 'a\nb\n' })).text).toBe('ab');
    expect((await send(['--data-urlencode', `n@${fileWith('a\nb')}`])).text).toBe('n=a%0Ab');
  });

  it('--json names the type, unless -H does, and joins without a mark', async () => {
    const { handled, text } = await send(['--json', '{"a":', '--json', '1}']);
    expect(text).toBe('{"a":1}');
    expect(handled.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
    const named = await send(['--json', '@-', '-H', 'Content-Type: application/ld+json'], { input: '{}\n' });
    expect([named.text, named.handled.headers['content-type']]).toEqual(['{}\n', 'application/ld+json']);
  });

  it('-G puts the data into the query', async () => {
    const { handled } = await send(
      ['-G', '-d', 'a=ä b#', '--data-urlencode', 'c=&', '--get'],
      {},
      '/echo?z=1',
    );
    expect(seen(handled)).toEqual(['GET', '/echo?z=1&a=%C3%A4%20b%23&c=%26', '']);
    expect(handled.headers).not.toHaveProperty('content-type');
    expect((await send(['-G', '-I', '-d', 'a'])).handled).toMatchObject({
      method: 'HEAD',
      target: '/echo?a',
    });
  });

  it('-F sends multipart with texts and files', async () => {
    const file = fileWith(OCTETS, 'octets.bin');
    const parts = [
      '-F',
      'a=1;2',
      '-F',
      `f=@${file}`,
      '-F',
      `g=@${file};type=image/png;filename=p.png`,
      '-F',
      `t=<${fileWith('text')}`,
    ];
    const { handled } = await send([...parts, '--form-string', 's=@s']);
    expect(handled.method).toBe('POST');
    const form = await new Response(new Uint8Array(handled.body), {
      headers: { 'content-type': handled.headers['content-type'] ?? '' },
    }).formData();
    expect([form.get('a'), form.get('t'), form.get('s')]).toEqual(['1;2', 'text', '@s']);
    const [f, g] = [form.get('f'), form.get('g')];
    if (!(f instanceof File && g instanceof File)) throw new Error('no files came');
    expect([f.name, f.type, g.name, g.type]).toEqual([
      'octets.bin',
      'application/octet-stream',
      'p.png',
      'image/png',
    ]);
    expect(Buffer.from(await f.arrayBuffer())).toEqual(OCTETS);
  });

  it('-T sends a file by PUT, and names the last segment by it', async () => {
    const file = fileWith(OCTETS, 'a b.bin');
    const { handled } = await send(['-T', file], {}, '/files/');
    expect(handled).toMatchObject({ method: 'PUT', target: '/files/a%20b.bin', body: OCTETS });
    expect(handled.headers).not.toHaveProperty('content-type');
    expect((await send(['-T', '-'], { input: 'piped' }, '/files/')).handled.target).toBe('/files/');
  });

  it('-A, -e, -b and --compressed name their fields', async () => {
    const { handled } = await send([
      '-A',
      'me/1',
      '-e',
      'http://from/',
      '-b',
      'a=1',
      '--cookie',
      'b=2',
      '--compressed',
    ]);
    expect(handled.headers).toMatchObject({
      'user-agent': 'me/1',
      referer: 'http://from/',
      cookie: 'a=1; b=2',
      'accept-encoding': 'gzip, deflate, br',
    });
    expect((await send(['-A', ''])).handled.headers).not.toHaveProperty('user-agent');
  });

  it('signs the scope, the audience and the fields that it is told to', async () => {
    const { handled } = await send([
      '--scope',
      'orders:write',
      '--sign-header',
      'X-Tenant',
      '-H',
      'x-tenant: 4',
    ]);
    expect(handled.scope).toBe('orders:write');
    expect(handled.headers.authorization).toContain('headers="x-tenant"');
    const server = await startSigned({ audience: 'api.example.com', header: 'x-signature' });
    const words = [
      '--signature-header',
      'X-Signature',
      '--audience',
      'API.example.com',
      '-H',
      'Authorization: Bearer t',
    ];
    expect((await curl([...words, server.origin])).stdout).toBe('ok');
    expect(server.handled[0]?.headers.authorization).toBe('Bearer t');
    const named = await curl([
      '-H',
      'Host: api.example.com',
      '--signature-header=x-signature',
      server.origin,
    ]);
    expect([named.stdout, server.handled[1]?.headers.host]).toEqual(['ok', 'api.example.com']);
  });

  it('takes a URL without a scheme, by --url, in front of flags, and with what must be escaped', async () => {
    const server = await startSigned();
    await curl([`${server.host}/a`]);
    await curl(['--url', `${server.origin}/b`]);
    await curl([`${server.origin}/c d?é#top`, '-X', 'DELETE']);
    expect(server.handled.map(seen)).toEqual([
      ['GET', '/a', ''],
      ['GET', '/b', ''],
      ['DELETE', '/c%20d?%C3%A9', ''],
    ]);
  });

  it('takes the key from a file that keygen wrote', async () => {
    const server = await startSigned();
    const file = fileWith(JSON.stringify({ keyId: 'k', secret: KEY.COUNTERSIGN_SECRET }));
    const env = { COUNTERSIGN_KEY_ID: '', COUNTERSIGN_SECRET: '' };
    expect((await curl([server.origin, '--key-file', file], { env })).stdout).toBe('ok');
  });

  it('takes flags that change nothing here', async () => {
    expect((await send(['-N', '-g', '-#', '--http1.1'])).status).toBe(0);
  });
});

describe('countersign curl: what it refuses, before anything is sent', () => {
  it.each([
    ['an unknown flag', ['--frob'], /^error: unknown option '--frob'\n$/],
    ['an unknown letter among known ones', ['-sZ'], /^error: unknown option '-Z'\n$/],
    ['a flag that resembles one', ['--dat', 'a'], /^error: unknown option '--dat'\n$/],
    ['-u', ['-u', 'a:b'], /^countersign: -u\/--user is refused: the signature is the Authorization field/],
    ['-u with its value attached', ['-ua:b'], /-u\/--user is refused/],
    ['--oauth2-bearer', ['--oauth2-bearer', 't'], /--oauth2-bearer is refused/],
    ['--basic', ['--basic'], /--basic is refused/],
    ['-x', ['-x', 'http://proxy'], /-x\/--proxy is refused: requests go straight to the server/],
    ['a cookie jar', ['-c', 'jar'], /-c\/--cookie-jar is refused/],
    ['a cookie file', ['-b', 'jar'], /-b: expected 'name=value'/],
    [
      'a token in the Authorization field',
      ['-H', 'authorization: Bearer t'],
      /authorization is taken.*--signature-header/,
    ],
    ['a GET with a body', ['-X', 'GET', '-d', 'a'], /GET carries no body: use -G/],
    ['-I with a body', ['-I', '-d', 'a'], /HEAD carries no body/],
    ['two kinds of body', ['-d', 'a', '-F', 'b=c'], /choose one of them/],
    ['a method that fetch does not send', ['-X', 'TRACE'], /-X: TRACE cannot be sent/],
    ['a method that is none', ['-X', 'a b'], /a b/],
    ['a content-length of its own', ['-H', 'Content-Length: 3'], /content-length is written by this command/],
    ['a form part without a name', ['-F', 'a'], /-F: expected name=content/],
    ['a form part with an unknown parameter', ['-F', 'a=@b;encoder=base64'], /neither type= nor filename=/],
    ['a file that is not there', ['-d', '@/nowhere/file'], /^countersign: -d: ENOENT/],
    ['an unknown variable', ['-w', '%{time_namelookup}'], /-w: unknown variable %\{time_namelookup\}/],
    ['a time that is none', ['-m', 'soon'], /--max-time: expected seconds/],
    ['a number of retries that is none', ['--retry', '-1'], /--retry: expected a number/],
    ['two outputs', ['-o', 'a', '-O'], /-o and -O/],
    ['-O without a name', ['-O'], /-O: the URL has no last segment/],
    ['a second URL', ['http://127.0.0.1:1/'], /too many arguments|one URL/],
    ['a wrong scope', ['--scope', '::'], /^countersign: --scope: /],
    ['a wrong field for the signature', ['--signature-header', 'host'], /^countersign: --signature-header: /],
    ['authorities that are not there', ['--cacert', '/nowhere'], /--cacert: ENOENT/],
  ])('%s', async (_, words, message) => {
    const server = await startSigned();
    const { status, stdout, stderr } = await curl([...words, `${server.origin}/`]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect([status, stdout, server.arrived()]).toEqual([2, '', 0]);
  });

  it('no URL', async () => {
    expect(await curl([])).toMatchObject({ status: 2, stderr: 'countersign: no URL: give one\n' });
  });
});
