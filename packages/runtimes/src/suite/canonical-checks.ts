/** @countersign/canonical: every published vector, and known answers of the hashes that this runtime was given. */
import {
  ANY_HOST,
  canonicalize,
  createSha256,
  formatAuthorization,
  formatVerdict,
  hmacSha256Hex,
  importSecret,
  openVerdict,
  parseCanonical,
  type RequestVector,
  readRequest,
  requestPolicy,
  sha256Hex,
  type VerdictVector,
} from '@countersign/canonical';
import { type Check, equal, throws } from './check.js';

export interface Vectors {
  readonly requests: readonly RequestVector[];
  readonly verdicts: readonly VerdictVector[];
}

const group = 'canonical';

export function canonicalChecks({ requests, verdicts }: Vectors): Check[] {
  return [
    ...KNOWN_HASHES.map(hashCheck),
    ...KNOWN_MACS.map(macCheck),
    { group, name: 'SHA-256 in pieces is SHA-256', run: hashesInPieces },
    ...requests.map((vector): Check => {
      const run =
        vector.refused === undefined ? () => accepts(vector) : () => refuses(vector, vector.refused);
      return { group, name: vector.name, run };
    }),
    ...verdicts.map((vector): Check => ({ group, name: vector.name, run: () => opens(vector) })),
  ];
}

/** FIPS 180-4 and its examples. */
const KNOWN_HASHES: readonly (readonly [name: string, text: string, digest: string])[] = [
  ['nothing', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'two blocks',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a million', 'a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

/** RFC 4231, test cases 6 and 7: the ones whose keys are as long as a secret has to be. */
const KNOWN_MACS: readonly (readonly [name: string, text: string, mac: string])[] = [
  [
    'RFC 4231, 6',
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    'RFC 4231, 7',
    'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
];

function hashCheck([name, text, digest]: (typeof KNOWN_HASHES)[number]): Check {
  const run = (): void => {
    equal(sha256Hex(text), digest, 'of a text');
    equal(sha256Hex(new TextEncoder().encode(text)), digest, 'of bytes');
  };
  return { group, name: `SHA-256 of ${name}`, run };
}

function macCheck([name, text, mac]: (typeof KNOWN_MACS)[number]): Check {
  return {
    group,
    name: `HMAC: ${name}`,
    run: () => equal(hmacSha256Hex(new Uint8Array(131).fill(0xaa), text), mac),
  };
}

function hashesInPieces(): string {
  const hash = createSha256();
  for (let i = 0; i < 1000; i++) hash.update(new Uint8Array(i % 130).fill(0x61));
  const length = Array.from({ length: 1000 }, (_, i) => i % 130).reduce((sum, bytes) => sum + bytes, 0);
  equal(hash.digestHex(), sha256Hex('a'.repeat(length)));
  // By what the condition of the package's import has chosen.
  return /createHash/.test(String(createSha256)) ? 'hashes by node:crypto' : 'hashes by @noble/hashes';
}

function read(vector: RequestVector): ReturnType<typeof readRequest> {
  const { method, target, accept, header, requireSigned } = vector;
  const policy = requestPolicy({
    audience: accept ?? ANY_HOST,
    ...(header === undefined ? {} : { header }),
    ...(requireSigned === undefined ? {} : { requireSigned }),
  });
  return readRequest({ method, target, headers: fieldLines(vector) }, policy);
}

/** As packages/canonical/vectors/README.md has it. */
function fieldLines({
  headers,
  audience,
  header = 'authorization',
  authorization,
}: RequestVector): [string, string][] {
  const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
  const lines = headers.map(([name, value]): [string, string] => [name, value]);
  if (audience !== undefined && !has('host')) lines.push(['Host', audience]);
  if (authorization !== undefined && !has(header)) lines.push([header, authorization]);
  return lines;
}

function accepts(vector: RequestVector): void {
  const { parts, authorization } = read(vector);
  const text = canonicalize(parts);
  equal(text, vector.canonical, 'the canonical string');
  equal(parseCanonical(text, vector.header), parts, 'what it says');
  equal(importSecret(vector.secret).hmacHex(text), vector.signature, 'the signature');
  equal(formatAuthorization(authorization), vector.authorization, 'the field');
  equal(sha256Hex(bodyOf(vector)), parts.digest, 'the digest');
}

function bodyOf({ body = '', bodyBase64 }: RequestVector): Uint8Array | string {
  return bodyBase64 === undefined ? body : Uint8Array.from(atob(bodyBase64), (char) => char.charCodeAt(0));
}

function refuses(vector: RequestVector, code = ''): Promise<void> {
  return throws(() => read(vector), code);
}

function opens(vector: VerdictVector): void {
  const { keyId: key, nonce, requestSignature: sig, code, time, deadSince, retryAfterMs, field } = vector;
  const secret = importSecret(vector.secret);
  const opened = openVerdict(secret, { key, nonce, sig }, field);
  if (vector.refused === true) {
    equal(opened, undefined, 'what is believed');
    return;
  }
  const verdict = {
    code,
    timeMs: Number(time),
    ...(deadSince === '' ? {} : { deadSinceMs: Number(deadSince) }),
    ...(retryAfterMs === '' ? {} : { retryAfterMs: Number(retryAfterMs) }),
  };
  equal(opened, verdict, 'what is believed');
  equal(formatVerdict(secret, { key, nonce, sig }, verdict), field, 'the field');
}
