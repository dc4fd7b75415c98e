/**
 * Every vector through the whole package, on both hash back ends. The vectors come from an independent
 * implementation (examples/python), so agreement is not one program agreeing with itself.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CanonicalError } from '../src/errors.js';
import {
  bodyBytes,
  fieldLines,
  type RequestVector,
  requestVectors,
  type VerdictVector,
  verdictVectors,
} from './support/vectors.js';

type Canonical = typeof import('../src/index.js');

const requests = requestVectors();
const accepted = requests.filter((vector) => vector.refused === undefined);
const refused = requests.filter((vector) => vector.refused !== undefined);
const verdicts = verdictVectors();

const unbelievable = verdicts.filter(({ refused }) => refused === true);

describe('the vectors', () => {
  it('are 220 or more, and at least half of them are refusals', () => {
    expect(requests.length).toBeGreaterThanOrEqual(220);
    expect(refused.length).toBeGreaterThanOrEqual(requests.length / 2);
    expect(verdicts.length).toBeGreaterThanOrEqual(40);
  });

  it('have names of their own', () => {
    const names = [...requests, ...verdicts].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('show every refusal code', async () => {
    const { REQUEST_REFUSALS } = await import('../src/errors.js');
    expect([...new Set(refused.map((vector) => vector.refused))].sort()).toEqual(
      [...REQUEST_REFUSALS].sort(),
    );
  });
});

describe.each(['node', 'noble'])('with the %s hashes', (backend) => {
  let canonical: Canonical;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock('#hash', () => import(`../src/hash/${backend}.ts`));
    canonical = await import('../src/index.js');
    vi.doUnmock('#hash');
    const chosen: typeof import('../src/hash/node.js') = await import(`../src/hash/${backend}.ts`);
    expect(canonical.sha256Hex, 'the back end under test is in use').toBe(chosen.sha256Hex);
  });

  const read = (vector: RequestVector) =>
    canonical.readRequest(
      { method: vector.method, target: vector.target, headers: fieldLines(vector) },
      canonical.requestPolicy({
        audience: vector.accept ?? canonical.ANY_HOST,
        ...(vector.header === undefined ? {} : { header: vector.header }),
        ...(vector.requireSigned === undefined ? {} : { requireSigned: vector.requireSigned }),
      }),
    );

  it.each(accepted)('accepted: $name', (vector) => {
    const { parts, authorization } = read(vector);
    const text = canonical.canonicalize(parts);
    expect(text).toBe(vector.canonical);
    expect(canonical.hmacSha256Hex(vector.secret, text)).toBe(vector.signature);
    expect(canonical.importSecret(vector.secret).hmacHex(text)).toBe(vector.signature);
    expect(canonical.sha256Hex(bodyBytes(vector))).toBe(authorization.digest);
    expect(canonical.parseCanonical(text, vector.header)).toEqual(parts);
    expect(authorization).toEqual({
      key: vector.keyId,
      ts: vector.timestamp,
      nonce: vector.nonce,
      scope: vector.scope,
      digest: parts.digest,
      headers: vector.signed,
      sig: vector.signature,
    });
    expect(canonical.formatAuthorization(authorization)).toBe(vector.authorization);
  });

  it.each(refused)('refused as $refused: $name', (vector) => {
    let thrown: unknown;
    try {
      read(vector);
    } catch (error) {
      thrown = error;
    }
    // The class is another one after resetModules; its name and code are what users see.
    expect(thrown).toMatchObject({ name: CanonicalError.name, code: vector.refused });
  });

  const open = (vector: VerdictVector) =>
    canonical.openVerdict(canonical.importSecret(vector.secret), subjectOf(vector), vector.field);

  it.each(verdicts.filter(({ refused }) => refused !== true))('believed: $name', (vector) => {
    const fields = {
      code: vector.code,
      timeMs: Number(vector.time),
      ...(vector.deadSince === '' ? {} : { deadSinceMs: Number(vector.deadSince) }),
      ...(vector.retryAfterMs === '' ? {} : { retryAfterMs: Number(vector.retryAfterMs) }),
    };
    expect(open(vector)).toEqual(fields);
    expect(canonical.formatVerdict(canonical.importSecret(vector.secret), subjectOf(vector), fields)).toBe(
      vector.field,
    );
    expect(canonical.hmacSha256Hex(vector.secret, vector.text)).toBe(vector.signature);
  });

  it.each(unbelievable)('not believed: $name', (vector) => {
    expect(open(vector)).toBeUndefined();
  });
});

function subjectOf({ keyId, nonce, requestSignature }: VerdictVector) {
  return { key: keyId, nonce, sig: requestSignature };
}
