/** Bodies whose length two readers may see differently: what is signed is one reading, a proxy may forward the other. */
import type { FieldLine } from '@countersign/canonical';
import type { Attack } from '../probe/attack.js';
import type { Plan } from '../probe/plan.js';
import type { RawRequest } from '../probe/raw-request.js';
import type { Change } from './changes.js';
import { variantsAttack } from './variants.js';

const CHUNKED: FieldLine = ['Transfer-Encoding', 'chunked'];

const lengthAndChunked = variantsAttack({
  id: 'length-and-chunked',
  group: 'framing',
  attack: 'A signed body that is both chunked and of a given length.',
  draft: ({ plan }) => ({ body: someBody(plan) }),
  variants: [
    ['length before chunked', framed((length) => [length, CHUNKED])],
    ['chunked before length', framed((length) => [CHUNKED, length])],
    ['a length of 0', framed(() => [['Content-Length', '0'], CHUNKED])],
    ['a length of 0 behind', framed(() => [CHUNKED, ['Content-Length', '0']])],
    ['signed without a body, of length 0', unsignedBody],
  ],
});

const lengthsConflicting = variantsAttack({
  id: 'lengths-conflicting',
  group: 'framing',
  attack: 'A signed body with two lengths, or one that is no number.',
  draft: ({ plan }) => ({ body: someBody(plan) }),
  variants: [
    ['a second length of 0', withLength((length) => [length, '0'])],
    ['a first length of 0', withLength((length) => ['0', length])],
    ['two in one line', withLength((length) => [`${length}, 0`])],
    ['a plus sign', withLength((length) => [`+${length}`])],
    ['hexadecimal', withLength((length) => [`0x${Number(length).toString(16)}`])],
    ['a letter behind', withLength((length) => [`${length}x`])],
  ],
});

const chunkedObfuscated = variantsAttack({
  id: 'chunked-obfuscated',
  group: 'framing',
  attack: 'A signed body in chunks that only a lenient reader takes for chunks.',
  draft: ({ plan }) => ({ body: someBody(plan) }),
  variants: [
    ['xchunked', framed(() => [['Transfer-Encoding', 'xchunked']])],
    ['chunked, identity', framed(() => [['Transfer-Encoding', 'chunked, identity']])],
    ['chunked twice', framed(() => [CHUNKED, CHUNKED])],
    ['a space before the colon', framed(() => [['Transfer-Encoding ', 'chunked']])],
    ['a vertical tab before the value', framed(() => [['Transfer-Encoding', '\u000bchunked']])],
    [
      'a size with 0x',
      framed(
        () => [CHUNKED],
        (size) => `0x${size}`,
      ),
    ],
    [
      'a size with a plus sign',
      framed(
        () => [CHUNKED],
        (size) => `+${size}`,
      ),
    ],
    [
      'a negative size',
      framed(
        () => [CHUNKED],
        (size) => `-${size}`,
      ),
    ],
  ],
});

export const framing: readonly Attack[] = [lengthAndChunked, lengthsConflicting, chunkedObfuscated];

function someBody({ body }: Plan): Buffer {
  return body.length > 0 ? body : Buffer.from('probe');
}

function inChunks(body: Buffer, size: (hex: string) => string): Buffer {
  const head = Buffer.from(`${size(body.length.toString(16))}\r\n`, 'latin1');
  return Buffer.concat([head, body, Buffer.from('\r\n0\r\n\r\n')]);
}

/** The signed body in one chunk, with these fields in place of its length. */
function framed(
  fields: (length: FieldLine) => readonly FieldLine[],
  size: (hex: string) => string = (hex) => hex,
): Change {
  return (request) => {
    const body = inChunks(request.body, size);
    return {
      ...request,
      headers: [...withoutLength(request), ...fields(['Content-Length', String(body.length)])],
      body,
    };
  };
}

function withLength(lengths: (length: string) => readonly string[]): Change {
  return (request) => {
    const lines = lengths(String(request.body.length)).map((length): FieldLine => ['Content-Length', length]);
    return { ...request, headers: [...withoutLength(request), ...lines] };
  };
}

/** As Content-Length reads it, it is the signed request; as chunks, it has a body. */
function unsignedBody(...[request, plan]: Parameters<Change>): ReturnType<Change> {
  if (plan.body.length > 0) return undefined;
  const body = inChunks(Buffer.from('probe'), (hex) => hex);
  return { ...request, headers: [...withoutLength(request), ['Content-Length', '0'], CHUNKED], body };
}

function withoutLength({ headers }: RawRequest): FieldLine[] {
  return headers.filter(([name]) => name.toLowerCase() !== 'content-length');
}
