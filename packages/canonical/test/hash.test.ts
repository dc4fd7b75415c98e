/** Both back ends against published vectors and against each other. */
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as noble from '../src/hash/noble.js';
import * as node from '../src/hash/node.js';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const repeated = (octet: number, count: number) => new Uint8Array(count).fill(octet);

/** FIPS 180-2 appendix B and the NIST example of the empty message. */
const SHA256 = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
] as const;

/** RFC 4231, test cases 1 to 4, 6 and 7. Case 5 is truncated; case 3 and 4 have data that is not text. */
const HMAC = [
  [repeated(0x0b, 20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    Buffer.from('Jefe'),
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    repeated(0xaa, 131),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    repeated(0xaa, 131),
    'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
] as const;

describe.each([
  { name: 'node', backend: node },
  { name: 'noble', backend: noble },
])('the $name back end', ({ backend }) => {
  it.each(SHA256)('hashes the NIST vector %.20s', (text, digest) => {
    expect(backend.sha256Hex(text)).toBe(digest);
    expect(backend.sha256Hex(Buffer.from(text))).toBe(digest);
  });

  it.each(HMAC)('makes the MAC of RFC 4231 with key %o', (key, text, mac) => {
    expect(backend.hmacSha256(key)(text)).toBe(mac);
  });

  it('hashes octets that are no text, and a view in the middle of a buffer', () => {
    expect(backend.sha256Hex(octets('d3'))).toBe(
      '28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1',
    );
    const buffer = octets('00d300');
    expect(backend.sha256Hex(buffer.subarray(1, 2))).toBe(backend.sha256Hex(octets('d3')));
  });

  it('hashes in chunks of any sizes as it hashes the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }), (chunks) => {
        const state = backend.createSha256();
        for (const chunk of chunks) state.update(chunk);
        expect(state.digestHex()).toBe(createHash('sha256').update(Buffer.concat(chunks)).digest('hex'));
      }),
      { numRuns: 1000 },
    );
  });

  it('hashes a chunk as it was when it was given', () => {
    const state = backend.createSha256();
    const chunk = Buffer.from('abc');
    state.update(chunk);
    chunk.fill(0);
    expect(state.digestHex()).toBe(SHA256[1][1]);
  });

  it('makes independent MACs with one prepared key', () => {
    const mac = backend.hmacSha256(HMAC[1][0]);
    expect([mac('a'), mac(HMAC[1][1]), mac('a')]).toEqual([mac('a'), HMAC[1][2], mac('a')]);
  });

  it('agrees with Node at every length around the block size', () => {
    for (let length = 0; length <= 200; length++) {
      const [data, key] = [repeated(length, length), repeated(1, length)];
      const text = 'é'.repeat(length);
      expect(backend.sha256Hex(data)).toBe(createHash('sha256').update(data).digest('hex'));
      expect(backend.hmacSha256(key)(text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
    }
  });
});

describe('the two back ends', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', 'a\udfff', '\u{1f600}', '\0'),
  );

  it('hash bytes and text alike, lone surrogates too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), texts, (data, text) => {
        expect(noble.sha256Hex(data)).toBe(node.sha256Hex(data));
        expect(noble.sha256Hex(text)).toBe(node.sha256Hex(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('make the same MACs with keys of every size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), texts, (key, text) => {
        expect(noble.hmacSha256(key)(text)).toBe(node.hmacSha256(key)(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('make the same MACs of long texts, about the length from which Node makes them in another way', () => {
    for (const length of [2047, 2048, 2049, 5000]) {
      for (const unit of ['a', 'é', '\u20ac', '\ud800']) {
        const text = unit.repeat(length);
        const expected = createHmac('sha256', 'key').update(text).digest('hex');
        expect(node.hmacSha256(Buffer.from('key'))(text)).toBe(expected);
        expect(noble.hmacSha256(Buffer.from('key'))(text)).toBe(expected);
      }
    }
  });

  it('export the same functions', () => {
    expect(Object.keys(noble).sort()).toEqual(Object.keys(node).sort());
  });
});
