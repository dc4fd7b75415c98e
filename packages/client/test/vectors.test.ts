/**
 * The signer against every accepted vector. It does not test the grammar, which is canonical's: it tests that what
 * the signer makes by itself is what another implementation makes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { canonicalAuthority, fieldsSignedWhenPresent } from '@countersign/canonical';
import { expect, test } from 'vitest';
import { createSigner, type Signer } from '../src/index.js';

interface Vector {
  name: string;
  method: string;
  target: string;
  audience?: string;
  headers: [string, string][];
  signed: string[];
  body?: string;
  bodyBase64?: string;
  keyId: string;
  secret: string;
  timestamp: string;
  nonce: string;
  scope: string;
  authorization: string;
  accept?: string | string[];
  header?: string;
  refused?: string;
}

const folder = new URL('../../canonical/vectors/', import.meta.url);
const vectors = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'verdict.json')
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Vector[])
  .filter((vector) => vector.refused === undefined);

/** What the signer signs by itself of these fields. */
function signedByItself(vector: Vector): string[] {
  const present = new Set(vector.headers.map(([name]) => name.toLowerCase()));
  return fieldsSignedWhenPresent(vector.header ?? 'authorization').filter((name) => present.has(name));
}

function signerOf(vector: Vector): Signer {
  const byItself = signedByItself(vector);
  return createSigner({
    keyId: vector.keyId,
    secret: vector.secret,
    signHeaders: vector.signed.filter((name) => !byItself.includes(name)),
    now: () => Number(vector.timestamp),
    nonce: () => vector.nonce,
    ...(vector.header === undefined ? {} : { header: vector.header }),
    ...(typeof vector.accept === 'string' ? { audience: vector.accept } : {}),
  });
}

/** The signer signs these though the vector's did not; a verifier accepts both. */
const signsMore = vectors.filter((vector) =>
  signedByItself(vector).some((name) => !vector.signed.includes(name)),
);
const signsTheSame = vectors.filter((vector) => !signsMore.includes(vector));

const bodyOf = ({ body, bodyBase64 }: Vector): string | Uint8Array | undefined =>
  bodyBase64 === undefined ? body : Buffer.from(bodyBase64, 'base64');

test('the vectors are all there', () => {
  expect(vectors.length).toBe(269);
  expect(signsMore.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "headers: present but unsigned ones outside the required coverage",
    ]
  `);
});

test.each(signsTheSame.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
  const { method, target, headers, scope } = vector;
  const signer = signerOf(vector);
  const audience = typeof vector.accept === 'string' ? undefined : vector.audience;
  const fields = signer.sign({ method, target, headers, scope, body: bodyOf(vector), audience });
  expect(fields).toEqual({ [vector.header ?? 'authorization']: vector.authorization });
});

test('what new URL leaves as it is signs the same from the URL', () => {
  let run = 0;
  for (const vector of signsTheSame) {
    if (vector.audience === undefined || !URL.canParse(`https://${vector.audience}${vector.target}`))
      continue;
    const url = new URL(`https://${vector.audience}${vector.target}`);
    if (url.pathname + url.search !== vector.target) continue;
    if (canonicalAuthority(url.host) !== canonicalAuthority(vector.audience)) continue;
    run++;
    const { method, headers, scope } = vector;
    const fields = signerOf(vector).sign({ method, url, headers, scope, body: bodyOf(vector) });
    expect(fields, vector.name).toEqual({ [vector.header ?? 'authorization']: vector.authorization });
  }
  expect(run).toBeGreaterThanOrEqual(200);
});
