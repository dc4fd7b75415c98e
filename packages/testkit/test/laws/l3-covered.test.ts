/**
 * L3: every covered byte counts. A request is changed in one place that its signature covers; unless what was changed
 * is a spelling of the same, it is refused, and what was signed is admitted afterwards.
 */
import { canonicalTarget } from '@countersign/canonical';
import { ANY_HOST } from '@countersign/server';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  requests,
  runs,
  type SignedHead,
  signedScopes,
  signHead,
  TEST_SECRET,
  type UnsignedRequest,
} from '../../src/index.js';
import { outcomeOf, serve, T } from '../attacks/service.js';

const FIELD = 'authorization';

/** A change of a text in one place. */
interface Edit {
  readonly kind: 'replace' | 'insert' | 'delete' | 'respell' | 'swap';
  readonly at: number;
  readonly character: string;
}
const edits: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('replace', 'insert', 'delete', 'respell', 'swap'),
  at: fc.nat(2000),
  character: fc.oneof(
    fc.constantFrom(
      ...[
        '/',
        '.',
        '%',
        '&',
        '=',
        '+',
        ' ',
        '\t',
        ':',
        ';',
        '"',
        ',',
        '0',
        'a',
        'A',
        '\0',
        '\n',
        '\u00e9',
        '\u212a',
      ],
    ),
    fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  ),
});

function edited(text: string, { kind, at, character }: Edit): string {
  const place = text.length === 0 ? 0 : at % text.length;
  const before = text.slice(0, place);
  const here = text.slice(place, place + 1);
  const after = text.slice(place + 1);
  switch (kind) {
    case 'replace':
      return before + character + after;
    case 'insert':
      return before + character + here + after;
    case 'delete':
      return before + after;
    case 'respell':
      return before + (here === here.toUpperCase() ? here.toLowerCase() : here.toUpperCase()) + after;
    case 'swap':
      return before + after.slice(0, 1) + here + after.slice(1);
  }
}

const PLACES = ['method', 'target', 'host', 'name', 'value', 'signature', 'body', 'lines'] as const;
type Place = (typeof PLACES)[number];

/** The head with one covered part changed; itself where it has no such part. */
function changed(head: SignedHead, place: Place, edit: Edit): SignedHead {
  const signed = head.headers.filter(([name]) => name !== 'host' && name !== FIELD);
  const chosen = signed[edit.at % Math.max(1, signed.length)];
  const withLine = (
    line: readonly [string, string] | undefined,
    change: (line: readonly [string, string]) => readonly (readonly [string, string])[],
  ) => ({
    ...head,
    headers: head.headers.flatMap((own) => (own === line ? change(own) : [own])),
  });
  switch (place) {
    case 'method':
      return { ...head, method: edited(head.method, edit) };
    case 'target':
      return { ...head, target: edited(head.target, edit) };
    case 'host':
      return withLine(
        head.headers.find(([name]) => name === 'host'),
        ([name, value]) => [[name, edited(value, edit)]],
      );
    case 'name':
      return withLine(chosen, ([name, value]) => [[edited(name, edit), value]]);
    case 'value':
      return withLine(chosen, ([name, value]) => [[name, edited(value, edit)]]);
    case 'signature':
      return withLine(
        head.headers.find(([name]) => name === FIELD),
        ([name, value]) => [[name, edited(value, edit)]],
      );
    case 'body':
      return {
        ...head,
        body: Buffer.from(edited(Buffer.from(head.body).toString('latin1'), edit), 'latin1'),
      };
    case 'lines':
      return withLine(chosen, (line) => (edit.kind === 'delete' ? [] : [line, line]));
  }
}

/** Everything that the signature of this request covers, as this test understands it; `undefined` where it has none. */
function coveredBy({ method, target, headers, body }: SignedHead): string | undefined {
  try {
    const { path, query, authority } = canonicalTarget(target);
    const lower = headers.map(
      ([name, value]) => [name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), value] as const,
    );
    const host =
      authority ??
      lower
        .find(([name]) => name === 'host')?.[1]
        .toLowerCase()
        .replace(/:(80|443)$/, '');
    const fields = lower
      .filter(([name]) => name !== 'host')
      .map(([name, value]) => `${name}:${name === FIELD ? value : value.replace(/^[ \t]+|[ \t]+$/g, '')}`)
      .toSorted();
    return JSON.stringify([method, path, query, host, fields, Buffer.from(body).toString('hex')]);
  } catch {
    return undefined;
  }
}

function signed({ authority, ...request }: UnsignedRequest, scope: string): SignedHead {
  return signHead({ ...request, audience: authority, signedAtMs: T, scope });
}

const key = { secret: TEST_SECRET, scopes: ['*'] };

it('L3 every covered byte counts: whatever is changed in what a signature covers is refused', async () => {
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(
      requests(),
      signedScopes(),
      fc.constantFrom(...PLACES),
      edits,
      async (request, scope, place, edit) => {
        const head = signed(request, scope);
        const other = changed(head, place, edit);
        const same = coveredBy(head) === coveredBy(other);
        const service = serve({ audience: ANY_HOST, limits: { '*': '1/m' } }, { key_1: key });
        const verify = async (sent: SignedHead) =>
          outcomeOf(await service.verifier.verify(sent, { body: sent.body }));
        const outcome = await verify(other);
        count(same ? 'the same' : place);
        if (same) expect(outcome).toBe('admitted');
        else {
          expect(outcome, JSON.stringify(other)).not.toBe('admitted');
          expect(await verify(head)).toBe('admitted');
        }
      },
    ),
    { numRuns: runs(1000) },
  );
  for (const place of PLACES) expect(seen.get(place) ?? 0, place).toBeGreaterThan(20);
  expect(seen.get('the same') ?? 0, 'the same').toBeGreaterThan(20);
});

it('L3 every covered byte counts: no single bit of a whole request can be changed', async () => {
  const head = signHead({
    method: 'POST',
    target: '/v1/orders/%7Eeu;v=1?limit=20&tag=b&tag=a&q=%20+',
    headers: [
      ['content-type', 'application/json'],
      ['idempotency-key', 'k-1'],
    ],
    body: '{"amount":1299}',
    scope: 'orders:write',
    signedAtMs: T,
  });
  const flipped = (text: string, bit: number): string =>
    text.slice(0, bit >> 3) +
    String.fromCharCode(text.charCodeAt(bit >> 3) ^ (1 << (bit & 7))) +
    text.slice((bit >> 3) + 1);
  const lines = head.headers.map((line, i) => ({ line, i }));
  const variants = [
    { text: head.method, put: (method: string) => ({ ...head, method }) },
    { text: head.target, put: (target: string) => ({ ...head, target }) },
    { text: String(head.body), put: (body: string) => ({ ...head, body }) },
    ...lines.flatMap(({ line: [name, value], i }) => [
      { text: value, put: (other: string) => ({ ...head, headers: head.headers.with(i, [name, other]) }) },
      ...(name === 'host' || name === FIELD
        ? []
        : [
            {
              text: name,
              put: (other: string) => ({ ...head, headers: head.headers.with(i, [other, value]) }),
            },
          ]),
    ]),
  ];
  let refused = 0;
  let same = 0;
  for (const { text, put } of variants) {
    for (let bit = 0; bit < 8 * text.length; bit++) {
      const other = put(flipped(text, bit));
      const service = serve({ audience: ANY_HOST }, { key_1: key });
      const outcome = await service.outcome(other, { scope: 'orders:write' });
      if (coveredBy(other) === coveredBy(head)) {
        expect(outcome, JSON.stringify(other)).toBe('admitted');
        same++;
      } else {
        expect(outcome, JSON.stringify(other)).not.toBe('admitted');
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(3000);
  // Letters of the host and of names in the other case, and of the hex in %7E.
  expect(same).toBeGreaterThan(20);
  expect(same).toBeLessThan(80);
});
