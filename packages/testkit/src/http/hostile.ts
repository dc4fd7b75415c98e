/**
 * Hostile bytes: requests that carry a good signature and are broken in their framing or their fields. Whatever a
 * server makes of them, it answers with a refusal or closes, it lives, and it admits nothing.
 */
import type { SignedHead } from '../signing.js';
import { signNow } from './verifier.js';
import { chunked, type ExchangeOptions, type Piece, wireHead } from './wire.js';

export interface HostileRequest {
  readonly name: string;
  readonly pieces: readonly Piece[];
  readonly options?: ExchangeOptions;
}

const BODY = '{"amount":1299}';
const JSON_TYPE = ['content-type', 'application/json'] as const;
const LENGTH = `Content-Length: ${BODY.length}`;

/** Each request signed anew, so that none is refused as a replay of another. */
export function hostileRequests(target: string): HostileRequest[] {
  const post = (): SignedHead => signNow({ method: 'POST', target, headers: [JSON_TYPE], body: BODY });
  const get = (): SignedHead => signNow({ target });
  const withLines = (name: string, ...lines: string[]): HostileRequest => ({
    name,
    pieces: [wireHead(post(), [LENGTH, ...lines]), BODY],
  });
  const text = (head: Buffer): string => head.toString('latin1');
  const edited = (name: string, edit: (head: string) => string, body = BODY): HostileRequest => ({
    name,
    pieces: [edit(text(wireHead(post(), [LENGTH]))), body],
  });
  const framed = (name: string, lines: readonly string[], body: string): HostileRequest => ({
    name,
    pieces: [wireHead(post(), lines), body],
  });
  const cut = (name: string, keep: (head: string) => string): HostileRequest => ({
    name,
    pieces: [keep(text(wireHead(post(), [LENGTH])))],
    options: { thenEnd: true },
  });
  return [
    edited('the signature field twice', (head) => head.replace(/^authorization: .*\r\n/m, '$&$&')),
    withLines('a second signature field of another scheme', 'Authorization: Bearer abc'),
    withLines('a signed field twice, with the same value', 'Content-Type: application/json'),
    withLines('a signed field twice, with another value', 'Content-Type: text/plain'),
    withLines('an unsigned idempotency key', 'Idempotency-Key: 1'),
    withLines('an unsigned method override', 'X-HTTP-Method-Override: DELETE'),
    withLines('an unsigned content coding', 'Content-Encoding: gzip'),
    withLines('an unsigned rewriting field', 'X-Original-URL: /admin'),
    edited('a signature field folded over two lines', (head) => head.replace(', nonce=', ',\r\n nonce=')),
    edited('a signed field folded over two lines', (head) =>
      head.replace('application/', 'application/\r\n '),
    ),
    edited('a field name with a space before its colon', (head) =>
      head.replace('content-type:', 'content-type :'),
    ),
    edited('a bare line feed in the signature field', (head) => head.replace(', nonce=', ',\nnonce=')),
    edited('a bare carriage return in the signature field', (head) => head.replace(', nonce=', ',\rnonce=')),
    edited('a zero byte in the signature field', (head) => head.replace('key_1', 'key_1\0')),
    edited('a byte beyond ASCII in the signature field', (head) => head.replace('key_1', 'key_\xb9')),
    edited('no line ends but line feeds', (head) => head.replaceAll('\r\n', '\n').replace('key_1', 'key_2')),
    edited('lower-case hex in upper case', (head) =>
      head.replace(/sig="[0-9a-f]+"/, (sig) => sig.toUpperCase()),
    ),
    withLines('fields beyond the size of a head', `X-Junk: ${'j'.repeat(20_000)}`),
    edited('a signature field beyond 2,048 bytes', (head) => head.replace('key_1', 'k'.repeat(2000))),
    {
      name: 'a signed field behind a thousand others, where the application cannot see it',
      pieces: [
        text(wireHead(post(), [LENGTH])).replace(
          /^(content-type: .*\r\n)([\s\S]*?)\r\n\r\n$/m,
          (_, type, rest) => `${rest}\r\n${'a:\r\n'.repeat(1010)}${type}\r\n`,
        ),
        BODY,
      ],
    },
    framed('two lengths that agree', [LENGTH, LENGTH], BODY),
    framed('two lengths that differ', [LENGTH, 'Content-Length: 5'], BODY),
    framed('a length and a transfer coding', [LENGTH, 'Transfer-Encoding: chunked'], chunked(BODY)),
    framed('a transfer coding and a length', ['Transfer-Encoding: chunked', LENGTH], chunked(BODY)),
    framed('a transfer coding that is not known', ['Transfer-Encoding: xchunked'], chunked(BODY)),
    framed('a transfer coding that is not the last', ['Transfer-Encoding: chunked, identity'], chunked(BODY)),
    framed('a length in hexadecimal', ['Content-Length: 0xf'], BODY),
    framed('a negative length', ['Content-Length: -1'], BODY),
    framed('a length with a sign', ['Content-Length: +15'], BODY),
    framed('a length that no number holds', ['Content-Length: 99999999999999999999999'], BODY),
    framed('a chunk size that is no number', ['Transfer-Encoding: chunked'], `zz\r\n${BODY}\r\n0\r\n\r\n`),
    framed('a chunk longer than its size', ['Transfer-Encoding: chunked'], `5\r\n${BODY}\r\n0\r\n\r\n`),
    framed(
      'a chunk size that overflows',
      ['Transfer-Encoding: chunked'],
      `fffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`,
    ),
    framed('a body shorter than its length, and silence', ['Content-Length: 16'], BODY),
    framed(
      'a body cut inside a chunk, and silence',
      ['Transfer-Encoding: chunked'],
      `f\r\n${BODY.slice(0, 7)}`,
    ),
    framed('chunks without the last one, and silence', ['Transfer-Encoding: chunked'], `f\r\n${BODY}\r\n`),
    framed('a body longer than the signed one', [`Content-Length: ${BODY.length + 1}`], `${BODY} `),
    {
      name: 'a body on a request that was signed without one',
      pieces: [wireHead(get(), [LENGTH]), BODY],
    },
    {
      name: 'a chunked body on a request that was signed without one',
      pieces: [wireHead(get(), ['Transfer-Encoding: chunked']), chunked(BODY)],
    },
    {
      name: 'a body whose length stands behind a thousand other fields',
      pieces: [wireHead(get(), [...Array.from({ length: 1010 }, () => 'a:'), LENGTH]), BODY],
    },
    {
      name: 'an empty body where one was signed',
      pieces: [wireHead(post(), ['Transfer-Encoding: chunked']), chunked()],
    },
    { name: 'no body where one was signed', pieces: [wireHead(post())] },
    cut('a head cut inside its signature', (head) => head.slice(0, head.indexOf('digest='))),
    cut('a head cut before its end', (head) => head.slice(0, -2)),
    {
      name: 'a body cut by the client',
      pieces: [wireHead(post(), [LENGTH]), BODY.slice(0, 7), 30],
      options: { thenEnd: true },
    },
    {
      name: 'a body cut by a reset',
      pieces: [wireHead(post(), [LENGTH]), BODY.slice(0, 7), 30],
      options: { thenDestroy: true },
    },
    {
      name: 'bytes that are no HTTP',
      pieces: ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 20, '\r\n\r\n'],
    },
    { name: 'an HTTP/2 preface', pieces: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'] },
    { name: 'a request line of HTTP/0.9', pieces: [`GET ${target}\r\n\r\n`] },
  ];
}
