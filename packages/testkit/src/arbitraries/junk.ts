/** Junk: what may come out of a socket, or out of a proxy that rewrites. Nothing here is what the grammar wants, or all of it is. */
import { formatAuthorization } from '@countersign/canonical';
import type { IncomingRequest } from '@countersign/server';
import fc from 'fast-check';
import { signHead, TEST_AUDIENCE } from '../signing.js';
import { bodies } from './requests.js';
import { originForms } from './targets.js';

const NASTY: readonly string[] = [
  '',
  ' ',
  '\0',
  '\r\n',
  '\n',
  '\u212a',
  '\u017f',
  '\ud800',
  '\ufeff',
  '__proto__',
  'constructor',
  '%',
  '%00',
  '%zz',
  '..',
  '//',
  '\\',
  '#',
  '"',
  'é',
  '\u{1f512}',
  'NaN',
  '9'.repeat(400),
  'a'.repeat(3000),
];

/** Targets that can be signed; few of them of the dear, general kind. */
const targets: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '/',
      '/v1/orders',
      '/v1/orders?b=2&a=1',
      '/v1/%7eeu;x=1?a=%FF&a[x]=',
      '/v1//orders/',
    ),
  },
  { weight: 1, arbitrary: originForms() },
);

/** Any text, and texts that parsers have fallen over. */
export function junkTexts(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom(...NASTY), { maxLength: 4 }).map((parts) => parts.join('')),
    },
  );
}

function junkOr(right: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 6, arbitrary: right }, { weight: 1, arbitrary: junkTexts() });
}

const hex64 = fc.constantFrom('0'.repeat(64), 'f'.repeat(64), '0123456789abcdef'.repeat(4));

/** Values of the signature field: nearly right, some of them wholly. */
function signatureFields(signedAtMs: number): fc.Arbitrary<string> {
  const nearly = fc
    .record({
      key: junkOr(fc.constantFrom('key_1', 'nobody', '__proto__')),
      ts: junkOr(fc.constantFrom(String(signedAtMs), '1000000000000', '9999999999999')),
      nonce: junkOr(fc.uuid()),
      scope: junkOr(fc.constantFrom('', 'orders', 'orders:write', 'other')),
      digest: junkOr(hex64),
      headers: fc.array(junkOr(fc.constantFrom('content-type', 'x-a', 'host')), { maxLength: 3 }),
      sig: junkOr(hex64),
    })
    .map(formatAuthorization);
  return junkOr(nearly);
}

/** Heads: signed ones with junk in a few places, and junk from end to end. */
export function junkRequests(
  signedAtMs: number,
): fc.Arbitrary<IncomingRequest & { readonly body: string | Uint8Array }> {
  const names = junkOr(
    fc.constantFrom(
      'authorization',
      'Authorization',
      'host',
      'content-type',
      'content-length',
      'x-a',
      'transfer-encoding',
      'countersign-debug',
      ':authority',
    ),
  );
  const lines = fc.array(fc.tuple(names, junkTexts()), { maxLength: 4 });
  const unsigned = fc.record({
    method: junkOr(fc.constantFrom('GET', 'POST', 'CONNECT')),
    target: junkOr(
      fc.oneof(targets, fc.constantFrom('/v1/../orders', '/%2e%2E/x', '*', 'http://elsewhere.example/')),
    ),
    headers: fc
      .tuple(signatureFields(signedAtMs), lines)
      .map(([value, more]): [string, string][] => [
        ['host', TEST_AUDIENCE],
        ['authorization', value],
        ...more,
      ]),
  });
  const signed = fc
    .record({
      method: fc.constantFrom('GET', 'POST'),
      target: targets,
      body: bodies(),
      scope: fc.constantFrom('', 'orders', 'orders:write', 'other'),
      offsetMs: fc.constantFrom(0, 0, 0, -400_000, 400_000),
    })
    .chain(({ offsetMs, ...input }) => {
      const head = signHead({ ...input, signedAtMs: signedAtMs + offsetMs });
      return fc.record({
        method: mostly(head.method),
        target: mostly(head.target),
        headers: fc
          .tuple(
            hosts.map((host) =>
              head.headers.map(([name, value]) => [name, name === 'host' ? host : value] as const),
            ),
            fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: lines }),
          )
          .map(([right, more]) => [...right, ...more]),
      });
    });
  const anyBody = fc.oneof(bodies(), junkTexts(), fc.constant(''));
  const address = fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), junkTexts()), { nil: undefined });
  return fc
    .tuple(fc.oneof(unsigned, signed), anyBody, address)
    .map(([head, body, from]) => ({ ...head, body, ...(from === undefined ? {} : { address: from }) }));
}

const hosts = fc.oneof(
  { weight: 9, arbitrary: fc.constant(TEST_AUDIENCE) },
  { weight: 1, arbitrary: fc.constantFrom('elsewhere.example', TEST_AUDIENCE.toUpperCase()) },
);

function mostly(text: string): fc.Arbitrary<string> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(text) }, { weight: 1, arbitrary: junkTexts() });
}
