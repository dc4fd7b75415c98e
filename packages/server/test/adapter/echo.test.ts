/** The echo handler on node:http, over real sockets. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { ECHO_FIELD, ECHO_FORMAT, echo, withoutSignature } from '@countersign/server/adapter';
import { describe, expect, it, onTestFinished } from 'vitest';

async function serve(): Promise<number> {
  const server = createServer(echo);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Writes bytes and reads until the server closes. */
async function talk(port: number, request: string | Buffer): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject));
  socket.write(request);
  await ended;
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
  return { head, body };
}

async function arrived(request: string | Buffer) {
  const { head, body } = await talk(await serve(), request);
  expect(head).toMatch(/^HTTP\/1\.1 200 /);
  return JSON.parse(body);
}

const SIGNATURE = `CS1-HMAC-SHA256 key="k", ts="1763750000000", nonce="0f8fad5b-d9cb-469f-a165-70867728950e", scope="", digest="${'e'.repeat(64)}", headers="", sig="${'0123456789abcdef'.repeat(4)}"`;
const ENDS = 'Connection: close\r\n\r\n';

describe('the echo handler', () => {
  it('tells method, raw target, fields and body as they arrived', async () => {
    const told = await arrived(
      `PATCH //a%2fb/../%7e?b=2&a=1&&c# HTTP/1.1\r\nHost: API.example.com:80\r\nContent-Type: text/plain\r\nRange:  bytes=0-1 \r\nContent-Length: 5\r\nCountersign-Doctor: 7\r\n${ENDS}\0\r\né`,
    );
    expect(told).toEqual({
      echo: ECHO_FORMAT,
      method: 'PATCH',
      target: '//a%2fb/../%7e?b=2&a=1&&c#',
      httpVersion: '1.1',
      fields: [
        ['host', 'API.example.com:80'],
        ['content-type', 'text/plain'],
        ['range', 'bytes=0-1'],
        ['content-length', '5'],
        ['countersign-doctor', '7'],
        ['connection', null],
      ],
      body: {
        bytes: 5,
        sha256: createHash('sha256').update('\0\r\né').digest('hex'),
      },
    });
  });

  it('tells names alone of what proxies add, and of credentials', async () => {
    const told = await arrived(
      `GET / HTTP/1.1\r\nHost: a\r\nX-Internal-Token: hidden1\r\nCookie: hidden2\r\nX-Forwarded-For: 10.9.8.7\r\nAuthorization: Bearer hidden3\r\nAuthorization: Basic hidden4\r\n${ENDS}`,
    );
    expect(told.fields).toEqual([
      ['host', 'a'],
      ['x-internal-token', null],
      ['cookie', null],
      ['x-forwarded-for', null],
      ['authorization', null],
      ['authorization', null],
      ['connection', null],
    ]);
    expect(JSON.stringify(told)).not.toMatch(/hidden|10\.9/);
  });

  it.each(['Authorization', 'X-Signature'])('tells a signature in %s, but not all of it', async (name) => {
    const told = await arrived(`GET / HTTP/1.1\r\nHost: a\r\n${name}: ${SIGNATURE}\r\n${ENDS}`);
    const shown = told.fields[1][1];
    expect(shown).toBe(withoutSignature(SIGNATURE));
    expect(shown).toMatch(/headers="", sig="0123456789abcdef…$/);
    expect(withoutSignature(SIGNATURE.replace('key="k"', 'key="l"'))).not.toBe(shown);
    expect(withoutSignature(SIGNATURE.replace('sig="01', 'sig="02'))).not.toBe(shown);
    for (const behind of [SIGNATURE, 'Basic dXNlcjpwYXNz']) {
      expect(withoutSignature(`${SIGNATURE}, ${behind}`)).toBe(`${shown} and more`);
    }
  });

  it('is no page, is kept by no cache, and reflects nothing as HTML', async () => {
    const { head, body } = await talk(
      await serve(),
      `GET /<script>alert(1)</script> HTTP/1.1\r\nHost: <b>\r\n${ENDS}`,
    );
    expect(head).toMatch(/^content-type: application\/json$/im);
    expect(head).toMatch(/^cache-control: no-store$/im);
    expect(head).toMatch(/^x-content-type-options: nosniff$/im);
    expect(head).not.toContain('script');
    expect(JSON.parse(body).target).toBe('/<script>alert(1)</script>');
  });

  it('answers HEAD with all of it in a field, which long requests do without', async () => {
    const port = await serve();
    const { head, body } = await talk(port, `HEAD /a?b HTTP/1.1\r\nHost: a\r\n${ENDS}`);
    expect(body).toBe('');
    const [, value = ''] = new RegExp(`^${ECHO_FIELD}: (.*)$`, 'im').exec(head) ?? [];
    expect(JSON.parse(Buffer.from(value, 'base64url').toString())).toMatchObject({
      method: 'HEAD',
      target: '/a?b',
    });
    const long = await talk(port, `GET /${'a'.repeat(4000)} HTTP/1.1\r\nHost: a\r\n${ENDS}`);
    expect(long.head).not.toMatch(new RegExp(ECHO_FIELD, 'i'));
    expect(long.head.length).toBeLessThan(1000);
    expect(JSON.parse(long.body).target).toHaveLength(4001);
  });

  it.each([
    ['announced', `Content-Length: 5\r\n${ENDS}hello`, 5],
    ['chunked', `Transfer-Encoding: chunked\r\n${ENDS}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, 5],
    ['of no bytes', `Content-Length: 0\r\n${ENDS}`, 0],
    ['absent', ENDS, 0],
  ])('counts and hashes a body that is %s', async (_how, rest, bytes) => {
    const { body } = await arrived(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
    expect(body).toEqual({
      bytes,
      sha256: createHash('sha256').update('hello'.slice(0, bytes)).digest('hex'),
    });
  });

  it('takes a body of 1 MiB, and closes on a longer one', async () => {
    const port = await serve();
    const post = (bytes: number): Buffer =>
      Buffer.concat([
        Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n${ENDS}`),
        Buffer.alloc(bytes),
      ]);
    expect(JSON.parse((await talk(port, post(2 ** 20))).body).body.bytes).toBe(2 ** 20);
    const { head, body } = await talk(port, post(2 ** 20 + 1));
    expect(head).toMatch(/^HTTP\/1\.1 413 /);
    expect(head).toMatch(/^connection: close$/im);
    expect(JSON.parse(body)).toEqual({ error: 'the body has more than 1048576 bytes' });
  });

  it('outlives a client that goes away in its body', async () => {
    const port = await serve();
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    const { head } = await talk(port, `GET / HTTP/1.1\r\nHost: a\r\n${ENDS}`);
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('tells HTTP/2 by its pseudo-header fields', async () => {
    const server = createHttp2Server((request, response) => {
      echo(request as typeof request & IncomingMessage, response as typeof response & ServerResponse);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = http2Connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const stream = client.request({ ':method': 'POST', ':path': '/a%2f?b', ':authority': 'api.example.com' });
    stream.end('body');
    let text = '';
    for await (const chunk of stream) text += chunk;
    const told = JSON.parse(text);
    expect(told).toMatchObject({ method: 'POST', target: '/a%2f?b', httpVersion: '2.0', body: { bytes: 4 } });
    expect(told.fields).toContainEqual([':authority', 'api.example.com']);
  });
});
