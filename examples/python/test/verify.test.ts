/**
 * The Python verifier beside that of TypeScript, in process and on one clock: whatever comes in, both give the same
 * code, status and fields, the MAC of the verdict included.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { RequestVector } from '@countersign/canonical';
import { ANY_HOST, parseRate } from '@countersign/server';
import {
  bodies,
  junkRequests,
  junkTexts,
  requests,
  runs,
  signHead,
  TEST_AUDIENCE,
  TEST_SECRET,
} from '@countersign/testkit';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Both,
  bothVerifiers,
  type Configuration,
  type PlainRequest,
  type Time,
} from './both-verifiers.js';
import { pythonChild } from './python-child.js';

const START_MS = 1_763_750_000_000;
const OTHER_SECRET = TEST_SECRET.replace('AAEC', 'BBEC');
const VECTORS = new URL('../../../packages/canonical/vectors/', import.meta.url);

const child = pythonChild();
afterAll(() => child.close());

const CONFIGURATION: Configuration = {
  audience: [TEST_AUDIENCE, 'b.example:8443'],
  maxBodyBytes: 200,
  receipts: true,
  limits: { '*': '40/m', orders: ['9/10s', '2/s'], 'orders:+': '5/10s', 'orders:write': '5/10s' },
  keys: {
    key_1: { secrets: [[TEST_SECRET, null]], scopes: ['orders'] },
    rotated: {
      secrets: [
        [OTHER_SECRET, START_MS + 5_000],
        [TEST_SECRET, null],
      ],
      scopes: ['*'],
      owner: 'acme',
    },
    plan: { secrets: [[TEST_SECRET, null]], scopes: ['orders:write', 'other'], limits: { other: '200/10s' } },
    disabled: { secrets: [[TEST_SECRET, null]], scopes: ['*'], disabled: true },
    early: { secrets: [[TEST_SECRET, null]], scopes: ['*'], notBefore: START_MS + 4_000 },
    ended: { secrets: [[TEST_SECRET, null]], scopes: ['*'], expiresAt: START_MS + 4_000, owner: 'acme' },
    ['__proto__']: { secrets: [[TEST_SECRET, null]], scopes: [], owner: 'constructor' },
  },
};

async function expectSame(both: Both, request: PlainRequest, body: Uint8Array, route = {}): Promise<string> {
  const { python, typescript } = await both(request, body, route);
  expect(python).toEqual(typescript);
  return python.code;
}

describe('examples/python beside @countersign/server', () => {
  it('gives the same answers to the vectors, to the first time and to the second', async () => {
    const vectors = readdirSync(VECTORS)
      .filter((file) => file.endsWith('.json') && file !== 'verdict.json')
      .flatMap((file) => JSON.parse(readFileSync(new URL(file, VECTORS), 'utf8')) as RequestVector[]);
    const sides = new Map<string, Both>();
    const answers: Promise<string>[] = [];
    const codes = new Map<string, number>();
    for (const vector of vectors) {
      const { keyId, secret, accept, requireSigned, header } = vector;
      const setup = JSON.stringify([keyId, secret, accept, requireSigned, header]);
      const time = { nowMs: Number(vector.timestamp) + 100, atMs: 0 };
      const both =
        sides.get(setup) ??
        (await bothVerifiers(
          child,
          time,
          {
            audience: accept ?? null,
            keys: { [keyId]: { secrets: [[secret, null]], scopes: ['*'] } },
            limits: { '*': '200/m' },
            ...(requireSigned === undefined ? {} : { requireSigned }),
            ...(header === undefined ? {} : { field: header }),
          },
          ANY_HOST,
        ));
      sides.set(setup, both);
      const lines: [string, string][] = vector.headers.map(([name, value]) => [name, value]);
      const has = (wanted: string) => lines.some(([name]) => name.toLowerCase() === wanted);
      if (vector.audience !== undefined && !has('host')) lines.push(['Host', vector.audience]);
      const carrier = header ?? 'authorization';
      if (vector.authorization !== undefined && !has(carrier)) lines.push([carrier, vector.authorization]);
      const body =
        vector.bodyBase64 === undefined
          ? Buffer.from(vector.body ?? '')
          : Buffer.from(vector.bodyBase64, 'base64');
      const request = { method: vector.method, target: vector.target, headers: lines };
      answers.push(expectSame(both, request, body), expectSame(both, request, body));
    }
    for (const code of await Promise.all(answers)) codes.set(code, (codes.get(code) ?? 0) + 1);
    expect(vectors.length).toBeGreaterThan(300);
    expect(codes.get('admitted')).toBeGreaterThan(100);
    expect(codes.get('replayed-nonce')).toBe(codes.get('admitted'));
    expect(codes.get('malformed-signature')).toBeGreaterThan(20);
  });

  it('gives the same answers to histories of signed requests that were tampered with on the way', async () => {
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(deliveries(), { minLength: 1, maxLength: 12 }), async (history) => {
        const time: Time = { nowMs: START_MS, atMs: 12_347 };
        const both = await bothVerifiers(child, time, CONFIGURATION, ANY_HOST);
        const answers: Promise<string>[] = [];
        for (const { request, body, route, waitMs, again } of history) {
          time.nowMs += waitMs;
          time.atMs += waitMs;
          for (let count = 0; count <= again; count++) {
            answers.push(expectSame(both, request(time.nowMs), body, route));
          }
        }
        for (const code of await Promise.all(answers)) codes.add(code);
      }),
      { numRuns: runs(150) },
    );
    // 16 can be met without a stranger's address or a store that fails; some of them are rare.
    expect(codes.size).toBeGreaterThanOrEqual(12);
    for (const code of ['admitted', 'rate-limited', 'replayed-nonce', 'digest-mismatch', 'stale-timestamp']) {
      expect(codes).toContain(code);
    }
  });

  it('gives the same answers to junk', async () => {
    const both = await bothVerifiers(child, { nowMs: START_MS, atMs: 0 }, CONFIGURATION, ANY_HOST);
    const any = await bothVerifiers(
      child,
      { nowMs: START_MS, atMs: 0 },
      { ...CONFIGURATION, audience: null, requireSigned: ['X-A'] },
      ANY_HOST,
    );
    await fc.assert(
      fc.asyncProperty(junkRequests(START_MS), async ({ method, target, headers, body }) => {
        const request = { method, target, headers: [...(headers as Iterable<readonly [string, string]>)] };
        await Promise.all([
          expectSame(both, request, Buffer.from(body)),
          expectSame(any, request, Buffer.from(body), { scope: 'orders', children: true }),
        ]);
      }),
      { numRuns: runs(1_500) },
    );
  });

  it('reads the same rates, and refuses the same', async () => {
    const mostly = (usual: readonly string[], odd: readonly string[]) =>
      fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...usual) },
        { weight: 1, arbitrary: fc.constantFrom(...odd) },
      );
    const units = mostly(
      [
        's',
        'sec',
        'second',
        'seconds',
        'm',
        'min',
        'minute',
        'minutes',
        'h',
        'hour',
        'hours',
        'd',
        'day',
        'days',
      ],
      ['mins', 'secs', 'hr', 'month', 'M', 'S', 'ms', '', 'w'],
    );
    const counts = mostly(
      ['1', '60', '999', '1000000000'],
      ['', '0', '01', '1000000001', '9999999999', '-1', '1.5', '1e3', '\u0661'],
    );
    const multiples = mostly(
      ['', '', '1', '10', '366'],
      ['0', '05', '367', '8785', '527041', '999999', '1000000'],
    );
    const blanks = mostly(['', '', ' ', '  '], ['\t', '\n', '\u00a0']);
    const texts = fc
      .tuple(
        blanks,
        counts,
        blanks,
        mostly(['/', ' per '], ['per', '//', ' Per ']),
        blanks,
        multiples,
        blanks,
        units,
        blanks,
      )
      .map((parts) => parts.join(''));
    let rates = 0;
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const python = await child.ask<readonly { count: number; window_ms: number }[] | { error: string }>({
          task: 'limits',
          ...{ limits: { '*': text }, scope: '', cost: 1 },
        });
        let typescript: unknown;
        try {
          const { limit, windowMs } = parseRate(text, 'rate');
          typescript = [limit, windowMs];
          rates += 1;
        } catch (error) {
          typescript = error instanceof RangeError;
        }
        const read = 'error' in python ? true : python.flatMap((charge) => [charge.count, charge.window_ms]);
        expect(read, text).toEqual(typescript);
      }),
      { numRuns: runs(1_000) },
    );
    expect(rates).toBeGreaterThan(100);
  });

  it('counts the failures of strangers alike', async () => {
    const addresses = [
      ...['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '2001:db8::1', '2001:db8:0:0:1::2'],
      ...['2001:db8:0:1::1', '2001:DB8::9', 'fe80::1%eth0', '::1', '127.0.0.1', '::192.0.2.1'],
      ...['unix:', '', '192.0.2.01', '[::1]', '192.0.2.1%x'],
    ];
    const histories = fc.shuffledSubarray(addresses, { minLength: 1, maxLength: 3 }).chain((some) => {
      const step = fc.record({
        address: fc.constantFrom(...some),
        good: fc.constantFrom(false, false, false, true),
        waitMs: fc.constantFrom(0, 0, 0, 0, 400, 999, 1000),
      });
      return fc.array(step, { minLength: 4, maxLength: 20 });
    });
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const time: Time = { nowMs: START_MS, atMs: 5 };
        const config = { ...CONFIGURATION, limits: {}, failures: { limit: 3, windowMs: 2_000 } };
        const both = await bothVerifiers(child, time, config, ANY_HOST);
        const answers: Promise<void>[] = [];
        for (const { address, good, waitMs } of steps) {
          time.nowMs += waitMs;
          time.atMs += waitMs;
          const { method, target, headers } = signHead({ signedAtMs: time.nowMs });
          const request = { method, target: good ? target : `${target}x`, headers, address };
          answers.push(
            expectSame(both, request, new Uint8Array()).then((code) =>
              expect(code === 'admitted').toBe(good),
            ),
          );
        }
        await Promise.all(answers);
      }),
      { numRuns: runs(150) },
    );
  });
});

/** A signed request, changed in up to two places after it was signed, and what its route says. */
function deliveries() {
  const keyIds = fc.constantFrom(
    'key_1',
    'key_1',
    'rotated',
    'plan',
    ...Object.keys(CONFIGURATION.keys),
    'nobody',
  );
  const scopes = fc.constantFrom(
    '',
    'orders',
    'orders',
    'orders:write',
    'orders:write:t7',
    'orders2',
    'other',
  );
  const routes = fc.constantFrom(
    ...[{}, { scope: 'orders' }, { scope: 'orders', children: true }, { scope: 'orders:write', cost: 3 }],
    ...[
      { scope: 'other', cost: 99 },
      { scope: 'orders:write', cost: 6, children: true },
    ],
  );
  const ages = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(300_000, 300_001, -10_000, -10_001, 500_000, -500_000) },
  );
  return fc
    .record({
      unsigned: requests(),
      plain: fc.constantFrom(false, false, false, true),
      keyId: keyIds,
      secret: fc.constantFrom(TEST_SECRET, TEST_SECRET, TEST_SECRET, OTHER_SECRET),
      scope: scopes,
      route: routes,
      nonce: fc.oneof(fc.uuid(), fc.constantFrom('0f8fad5b-d9cb-469f-a165-70867728950e')),
      ageMs: ages,
      edits: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Edit[]>([]) },
        { weight: 1, arbitrary: fc.array(edits(), { minLength: 1, maxLength: 2 }) },
      ),
      otherBody: fc.oneof(
        { weight: 8, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: bodies() },
        { weight: 1, arbitrary: fc.constant(new Uint8Array(201)) },
      ),
      waitMs: fc.oneof(fc.constantFrom(0, 0, 1, 500, 999, 1_000, 4_000), fc.nat({ max: 3_000 })),
      again: fc.constantFrom(0, 0, 0, 1, 3),
    })
    .map(
      ({ unsigned, plain, keyId, secret, scope, route, nonce, ageMs, edits, otherBody, waitMs, again }) => {
        const { method, target, headers, body } = unsigned;
        // Most of them to one address, so that budgets are met.
        const audience = plain ? unsigned.authority : TEST_AUDIENCE;
        const requestTarget = plain || target.startsWith('/') ? target : '/v1/orders';
        const sign = (nowMs: number) =>
          signHead({
            ...{ method, target: requestTarget, headers, body, audience, keyId, secret, scope, nonce },
            signed: headers.map(([name]) => name.toLowerCase()).sort(),
            signedAtMs: nowMs - ageMs,
          });
        return {
          request: (nowMs: number): PlainRequest => {
            const { method, target, headers } = sign(nowMs);
            return edits.reduce<PlainRequest>((request, edit) => edit(request), { method, target, headers });
          },
          body: otherBody ?? body,
          ...{ route, waitMs, again },
        };
      },
    );
}

type Edit = (request: PlainRequest) => PlainRequest;

function edits(): fc.Arbitrary<Edit> {
  const texts = fc.oneof(
    junkTexts(),
    fc.constantFrom(
      '%',
      '"',
      ' ',
      '\t',
      '..',
      '/',
      '?',
      '&',
      '=',
      ';',
      'A',
      'a',
      '0',
      ',',
      '/../',
      '%2e%2E/',
      '%0',
    ),
  );
  const splice = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat({ max: 3 }),
    text: texts,
  });
  const spliced = (value: string, { at, cut, text }: { at: number; cut: number; text: string }) => {
    const index = Math.floor(at * (value.length + 1));
    return value.slice(0, index) + text + value.slice(index + cut);
  };
  const which = fc.nat({ max: 9 });
  const line = fc.tuple(
    fc.constantFrom(
      'content-type',
      'Idempotency-Key',
      'x-a',
      'Host',
      'Authorization',
      'Content-Length',
      'X-Original-URL',
      'content-type ',
      'Content\u212aType',
      ':authority',
    ),
    fc.oneof(
      texts,
      fc.constantFrom(TEST_AUDIENCE, 'B.EXAMPLE:8443', '0', '201', '00000200', '999999999999999999999'),
    ),
  );
  return fc.oneof(
    splice.map(
      (s): Edit =>
        (request) => ({ ...request, target: spliced(request.target, s) }),
    ),
    splice.map(
      (s): Edit =>
        (request) => ({ ...request, method: spliced(request.method, s) }),
    ),
    fc.tuple(which, splice).map(
      ([index, s]): Edit =>
        (request) => ({
          ...request,
          headers: request.headers.map(([name, value], at) =>
            at === request.headers.length - 1 - index ? [name, spliced(value, s)] : [name, value],
          ),
        }),
    ),
    fc.tuple(which, splice).map(
      ([index, s]): Edit =>
        (request) => ({
          ...request,
          headers: request.headers.map(([name, value], at) =>
            at === index % request.headers.length ? [spliced(name, s), value] : [name, value],
          ),
        }),
    ),
    which.map(
      (index): Edit =>
        (request) => ({
          ...request,
          headers: request.headers.filter((_, at) => at !== index % request.headers.length),
        }),
    ),
    which.map(
      (index): Edit =>
        (request) => ({
          ...request,
          headers: [...request.headers, request.headers[index % request.headers.length] ?? ['x-a', '']],
        }),
    ),
    line.map(
      (added): Edit =>
        (request) => ({ ...request, headers: [...request.headers, added] }),
    ),
  );
}
