/**
 * Signed requests with damage in one place: method, target, a field's name or value, the body. What is admitted covers exactly
 * what its signer signed; whatever was changed in it was not covered.
 */
import { sha256Hex } from '@countersign/canonical';
import { createVerifier, keyring, type Store } from '@countersign/server';
import { type SignedHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import fc from 'fast-check';
import { edited, edits } from './edits.js';
import { requireWritable, type Verify } from './heads.js';
import { KINDS_OF_REQUEST, original, SIGNED_AT_MS } from './originals.js';
import { count, type Part, propertyPart } from './part.js';

/** One nonce for all: what is looked at here comes before the store. */
const NONCE = '0f8fad5b-d9cb-469f-a165-70867728950e';
const ADMITS_ALL: Store = { admit: () => ({ outcome: 'admitted', levels: [] }) };

const PLACES = ['method', 'target', 'name', 'value', 'signature', 'signature', 'body'] as const;

function verifier(): Verify {
  return createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['*'] } }),
    audience: TEST_AUDIENCE,
    now: () => SIGNED_AT_MS,
    store: ADMITS_ALL,
    failures: { limit: 1_000_000 },
  }).verify;
}

function damaged(
  head: SignedHead,
  place: (typeof PLACES)[number],
  change: (text: string) => string,
  at: number,
): Pick<SignedHead, 'method' | 'target' | 'headers' | 'body'> {
  const { method, target, headers, body } = head;
  const right = { method, target, headers, body };
  if (place === 'method' || place === 'target') return { ...right, [place]: change(right[place]) };
  if (place === 'body') return { ...right, body: Buffer.from(change(String(body)), 'latin1') };
  const line = place === 'signature' ? headers.length - 1 : at % headers.length;
  const lines = headers.map(([name, value], index): readonly [string, string] => {
    if (index !== line) return [name, value];
    return place === 'name' ? [change(name), value] : [name, change(value)];
  });
  return { ...right, headers: lines };
}

export function mutantsPart(make: () => Verify = verifier): Part {
  return propertyPart({
    name: 'mutants',
    about: 'signed requests, damaged in one place: what is admitted covers exactly what was signed',
    share: 0.4,
    inputs: fc.record({
      kind: fc.nat(KINDS_OF_REQUEST - 1),
      place: fc.constantFrom(...PLACES),
      line: fc.nat(7),
      edits: edits(),
    }),
    judge: (tally) => {
      const verify = make();
      const verdictOn = (head: Pick<SignedHead, 'method' | 'target' | 'headers' | 'body'>) => {
        const verdict = verify(head, { scope: 'orders', children: true, body: head.body });
        if (verdict instanceof Promise) throw new Error('not at once');
        return verdict;
      };
      const originals = Array.from({ length: KINDS_OF_REQUEST }, (_, kind) =>
        original(kind, SIGNED_AT_MS, NONCE),
      );
      const covered = originals.map((head) => {
        const verdict = verdictOn(head);
        if (!verdict.ok) throw new Error(`the undamaged request is refused: ${verdict.code}`);
        return JSON.stringify(verdict.request);
      });
      return ({ kind, place, line, edits }) => {
        const head = originals[kind] as SignedHead;
        const sent = damaged(head, place, (text) => edited(text, edits), line);
        const verdict = verdictOn(sent);
        count(tally, verdict.ok ? 'admitted, unchanged in what is covered' : verdict.code);
        if (!verdict.ok) requireWritable(verdict);
        else if (sha256Hex(sent.body) !== verdict.request.digest)
          throw new Error('admitted with another body');
        else if (JSON.stringify(verdict.request) !== covered[kind])
          throw new Error('admitted with another meaning');
      };
    },
  });
}
