/** Pasted requests, as they come out of browsers, terminals and logs; read by the page's own modules, here without it. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isCurl, readCurl } from '../src/browser/canonicalize-curl.js';
import { readControls, showControls } from '../src/browser/canonicalize-draft.js';
import { parseHeaderLines } from '../src/browser/canonicalize-header-lines.js';
import { differingSpan, readOther } from '../src/browser/canonicalize-other.js';
import { readRawRequest } from '../src/browser/canonicalize-raw-request.js';

describe('a curl line', () => {
  it('takes no option for a field because objects have a member of that name', () => {
    const { headers, target } = readCurl('curl --constructor --toString https://a.example/');
    expect([headers, target]).toEqual([[], 'https://a.example/']);
  });

  it('of Chromium, "Copy as cURL (bash)", with ANSI-C quoting', () => {
    const line = String.raw`curl 'https://api.example.com/v1/orders?a=1&b=it%27s' \
  -H 'accept: */*' \
  -H 'content-type: application/json' \
  -b 'session=1; theme=dark' \
  --data-raw $'{"name":"O\'Neill","bang":"\u0021","lines":"a\\nb","face":"\ud83d\ude00"}' \
  --compressed ;`;
    expect(readCurl(line.replace(/ ;$/, ''))).toEqual({
      method: 'POST',
      target: 'https://api.example.com/v1/orders?a=1&b=it%27s',
      headers: ['accept: */*', 'content-type: application/json', 'Cookie: session=1; theme=dark'],
      body: '{"name":"O\'Neill","bang":"!","lines":"a\\nb","face":"😀"}',
      notes: [],
    });
  });

  it('of Firefox, with the method named and an empty header', () => {
    const line = `curl --request PUT 'http://localhost:3000/x' --compressed -X PATCH -H 'X-Empty;' -H 'Accept:' --data-binary $'a\\r\\nb'`;
    expect(readCurl(line)).toMatchObject({
      method: 'PATCH',
      headers: ['X-Empty: ', expect.stringMatching(/^Content-Type/)],
      body: 'a\r\nb',
    });
  });

  it.each([
    ['curl example.com', 'GET', 'http://example.com', ''],
    ['$ curl -sSL https://a.example/b#fragment', 'GET', 'https://a.example/b', ''],
    ['curl -I https://a.example/', 'HEAD', 'https://a.example/', ''],
    ['curl -XDELETE https://a.example/1', 'DELETE', 'https://a.example/1', ''],
    ['curl https://a.example/ -d a=1 -d b=2', 'POST', 'https://a.example/', 'a=1&b=2'],
    [
      'curl -G https://a.example/?x -d a=1 --data-urlencode "q=a b&c"',
      'GET',
      'https://a.example/?x&a=1&q=a+b%26c',
      '',
    ],
    ['curl -o out.json --max-time 3 --url https://a.example/x', 'GET', 'https://a.example/x', ''],
    ['curl https://a.example/x | jq .', 'GET', 'https://a.example/x', ''],
    ['curl "https://a.example/x" \\\n  -d @-', 'POST', 'https://a.example/x', ''],
  ])('%s', (line, method, target, body) => {
    expect(isCurl(line)).toBe(true);
    expect(readCurl(line)).toMatchObject({ method, target, body });
  });

  it('says what it could not take over', () => {
    expect(readCurl('curl https://a.example/ -d @order.json').notes).toEqual([
      'the body is in the file order.json: choose it as the body',
    ]);
    expect(readCurl('curl https://a.example/ -F a=@b').notes).toEqual([
      "--form: choose the body's bytes as a file",
    ]);
    expect(readCurl('curl https://a.example/ https://b.example/').notes).toEqual([
      'left out: https://b.example/',
    ]);
  });

  it.each([
    ['curl ^"https://a.example/^"', 'this is for cmd.exe: choose "Copy as cURL (bash)"'],
    ["curl 'https://a.example/", 'a quotation mark is not closed'],
    ['curl -s', 'the command names no URL'],
  ])('%s is an error', (line, message) => {
    expect(() => readCurl(line)).toThrow(new TypeError(message));
  });

  it('is read as curl itself sends it', async () => {
    const seen: { method?: string; url?: string; type?: string; body: string } = { body: '' };
    const server = createServer(async (request, response) => {
      const { method, url, headers } = request;
      let body = '';
      for await (const chunk of request) body += String(chunk);
      Object.assign(seen, { method, url, type: headers['content-type'], body });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const tail of [
      `'${base}/a?b=%7E&c' -H 'Content-Type: text/plain' --data-raw $'it\\'s \\x41\\u00e9 \\n'`,
      `-XPUT ${base}/x --json '{"a":1}'`,
      `-G ${base}/x --data-urlencode "q=a b/é!" -d c=1`,
      `${base}/form -d a=1 --data-ascii b=2 --data-urlencode "note=it's (1*2) ~é" --data-urlencode =x`,
    ]) {
      await runCurl(tail);
      const { method, target, headers, body } = readCurl(`curl ${tail}`);
      const type = headers.find((line) => /^content-type: /i.test(line))?.slice('content-type: '.length);
      expect({ method, url: target.slice(base.length), type, body }, tail).toEqual({
        ...seen,
        // Some versions of curl write the digits of a URL in lower case.
        url: seen.url?.replace(/%../g, (octet) => octet.toUpperCase()),
      });
    }
  });
});

describe('a raw request', () => {
  it('is taken apart; white space around values goes', () => {
    expect(
      readRawRequest('\r\nPOST /v1/orders?b&a HTTP/1.1\r\nHost:api.example.com\r\nX-A: \t b  \r\n\r\na\nb\n'),
    ).toEqual({
      method: 'POST',
      target: '/v1/orders?b&a',
      headers: ['Host: api.example.com', 'X-A: b'],
      body: 'a\nb\n',
      notes: [],
    });
    expect(readRawRequest('GET /')).toMatchObject({ method: 'GET', target: '/', headers: [], body: '' });
  });

  it('says when the body is not as long as announced', () => {
    expect(readRawRequest('POST / HTTP/1.1\nContent-Length: 4\n\nab').notes).toEqual([
      'Content-Length says 4, the pasted body has 2 bytes: choose the body as a file',
    ]);
  });

  it('is an error when it is none', () => {
    expect(() => readRawRequest('hello')).toThrow(TypeError);
    expect(() => readRawRequest('')).toThrow(TypeError);
  });
});

describe('header lines', () => {
  it('are where they stand, with all of the value but one space', () => {
    const text = 'Host: a\n\nX-B:  b \n:authority: c\nX-C:';
    const found = parseHeaderLines(text).map(({ name, value, valueStart, start, end }) => {
      expect(text.slice(valueStart, end)).toBe(value);
      expect(text.slice(start)).toMatch(new RegExp(`^${name}:`));
      return [name, value];
    });
    expect(found).toEqual([
      ['Host', 'a'],
      ['X-B', ' b '],
      [':authority', 'c'],
      ['X-C', ''],
    ]);
    expect(() => parseHeaderLines('no colon')).toThrow(
      'headers: "no colon" has no colon: expected Name: value',
    );
  });

  it('show control characters by their pictures, each in one place', () => {
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    expect(showControls(all)).toHaveLength(256);
    expect(showControls(all)).toMatch(/^[^\0-\x08\x0a-\x1f\x7f]*$/);
    expect(readControls(showControls(all))).toBe(all);
  });
});

describe('the string of another', () => {
  const text = 'CS1-HMAC-SHA256\nGET\na.example\n/\n\nd\n1763750000000\nn\nk\n';
  it.each([
    ['as it stands', text],
    ['with CR LF', text.replaceAll('\n', '\r\n')],
    ['quoted by a log', JSON.stringify(text)],
    ['as a member of JSON', JSON.stringify({ canonical: text })],
    [
      'numbered',
      text
        .split('\n')
        .map((line, at) => `${at + 1} ${line}`)
        .join('\n'),
    ],
    ['on one line', text.replaceAll('\n', '\\n')],
    ['as the debug field', Buffer.from(text).toString('base64url')],
  ])('%s', (_, pasted) => {
    expect(readOther(pasted)).toMatchObject({ text });
  });

  it('is taken as it stands where it is a part', () => {
    expect(readOther('CS1-HMAC-SHA256\r\nGET\n')).toEqual({ text: 'CS1-HMAC-SHA256\nGET\n', undone: [] });
  });

  it('in a problem document is the difference that the server found', () => {
    const debug = { line: 4, part: 'path', client: '/v1/a', server: '/a', cause: 'the path lost its prefix' };
    expect(readOther(JSON.stringify({ code: 'invalid-signature', debug }))).toEqual({ difference: debug });
    expect(readOther('{"debug":{"cause":"c","line":"4"}}')).toEqual({ difference: { cause: 'c' } });
    for (const text of ['{"code":"invalid-signature"}', '{"debug":null}', '{"debug":', '{}']) {
      expect(() => readOther(text)).toThrow(TypeError);
    }
  });

  it.each([
    ['abc', 'abc', 3, 3],
    ['abc', 'axc', 1, 2],
    ['aab', 'ab', 1, 2],
    ['ab', 'aab', 1, 1],
    ['', 'x', 0, 0],
    ['x', '', 0, 1],
  ])('%o against %o differs from %i to %i', (line, other, start, end) => {
    expect(differingSpan(line, other)).toEqual({ start, end });
  });
});

/** By bash, which is what the quoting is for. */
async function runCurl(tail: string): Promise<void> {
  // What \u00e9 stands for in a shell goes by its locale.
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const child = spawn('bash', ['-c', `curl -s ${tail}`], { stdio: 'ignore', env });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  expect(status).toBe(0);
}
