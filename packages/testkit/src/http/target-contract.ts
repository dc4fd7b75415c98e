/**
 * What every adapter makes of a target: the handler sees what was signed, or the request is refused, as malformed or
 * ambiguous, on both sides.
 */
import { CanonicalError, canonicalTarget } from '@countersign/canonical';
import { createSigner } from '@countersign/client';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { absoluteForm, authorities, respelledTargets, schemes } from '../arbitraries/targets.js';
import { runs } from '../runs.js';
import { TEST_AUDIENCE, TEST_SECRET } from '../signing.js';
import type { AdapterUnderTest, Echo } from './adapter.js';
import { byName, decoded, spelled } from './query-meaning.js';
import { signNow, watchedVerifier } from './verifier.js';
import { exchange, sendSigned, type WireAnswer, wireBytes } from './wire.js';

/** Requests on one connection, so that thousands of them do not cost thousands of connections. */
const BATCH = 40;

const sendable = fc.oneof(
  { weight: 4, arbitrary: respelledTargets().map(({ raw }) => raw) },
  { weight: 4, arbitrary: respelledTargets().map(({ respelled }) => respelled) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(schemes(), authorities(), respelledTargets())
      .map(([scheme, authority, { raw }]) => absoluteForm(scheme, authority, raw)),
  },
);

/** Anything that fits into a request line: visible ASCII, bytes beyond it, and controls but CR and LF. */
const anyTarget = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '/',
        '.',
        '..',
        '%2e',
        '%2F',
        '%5C',
        '%00',
        '%7f',
        '%',
        '%zz',
        '\\',
        '#',
        '?',
        '&',
        '=',
        ';',
      ),
      fc.constantFrom(
        'http://',
        'https://h',
        '//h',
        '*',
        'a',
        '@',
        ':',
        '[',
        '%E9',
        '%C3%A9',
        '\t',
        '\0',
        '\x7f',
      ),
      fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .chain((parts) => fc.constantFrom(parts.join(''), `/${parts.join('')}`, `/a?${parts.join('')}`));

export function describeTargets({ serve, isPath, parseQuery, refusesItself }: AdapterUnderTest): void {
  const check = (target: string, answer: WireAnswer | undefined): void => {
    const { path, query } = canonicalTarget(target);
    if (refusesItself(target)) {
      expect(answer?.status, target).toBe(400);
      return;
    }
    expect(answer?.status, `${target}: ${answer?.body}`).toBe(200);
    const echo: Echo = JSON.parse(answer?.body ?? '');
    expect(echo.signed).toMatchObject({ path, query });
    expect(isPath(echo.path, path), `${target} was shown as ${echo.path}`).toBe(true);
    // Compared with what was sent. That the canonical query means the same to this parser are the laws L1 and L2.
    const sent = target.slice(target.indexOf('?') + 1 || target.length);
    expect(spelled(echo.query, sent), target).toEqual(spelled(parseQuery(sent), sent));
  };

  it('whatever target can be signed is admitted, and the handler sees what was signed', async () => {
    const { verifier, events } = watchedVerifier();
    const port = await serve({ verifier });
    await fc.assert(
      fc.asyncProperty(fc.array(sendable, { minLength: BATCH, maxLength: BATCH }), async (targets) => {
        // A connection ends with a request that the framework refuses by itself.
        const own = targets.filter(refusesItself);
        const together = targets.filter((target) => !refusesItself(target));
        const bytes = together.map((target) => wireBytes(signNow({ target })));
        const { answers } = await exchange(port, [Buffer.concat(bytes)], { answers: together.length });
        together.forEach((target, i) => {
          check(target, answers[i]);
        });
        for (const target of own) check(target, await sendSigned(port, signNow({ target })));
      }),
      { numRuns: runs(60) },
    );
    expect(new Set(events.map(({ code }) => code))).toEqual(new Set(['admitted']));
    expect(events.length).toBeGreaterThan(1000);
  });

  it('whatever bytes stand in a target, it is admitted as signed, or refused as malformed or ambiguous on both sides', async () => {
    const { verifier, events } = watchedVerifier();
    const port = await serve({ verifier });
    const signer = createSigner({ keyId: 'key_1', secret: TEST_SECRET, audience: TEST_AUDIENCE });
    await fc.assert(
      fc.asyncProperty(anyTarget, async (target) => {
        const sign = () => signer.sign({ method: 'GET', url: 'http://h/', target });
        const refused = codeFor(target);
        if (refused === undefined) {
          expect(Object.keys(sign())).toEqual(['authorization']);
          check(target, await sendSigned(port, signNow({ target })));
          return;
        }
        expect(sign).toThrow(expect.objectContaining({ code: refused }));
        events.length = 0;
        const { answers, closed } = await exchange(port, [wireBytes({ ...signNow(), target })], {
          answers: 1,
        });
        // Node's parser and the framework refuse some by themselves.
        if (events.length === 0) expect(answers[0]?.status ?? 400, target).toBeGreaterThanOrEqual(400);
        else
          expect(
            events.map(({ code }) => code),
            target,
          ).toEqual([refused]);
        expect(answers.length === 1 || closed).toBe(true);
      }),
      { numRuns: runs(600) },
    );
  });

  it('whatever URL fetch sends, its parameters reach the handler as they were signed', async () => {
    const { verifier, events } = watchedVerifier();
    const port = await serve({ verifier, route: '/p/:first/:second' });
    const signer = createSigner({ keyId: 'key_1', secret: TEST_SECRET, audience: TEST_AUDIENCE });
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        'ü',
        '€',
        '😀',
        'a b',
        'a+b',
        '%41',
        '%2F',
        'a/b',
        'a&b=c',
        '[]',
        'a[b]',
        '__proto__',
        "'",
        '日本',
      ),
    );
    const pathText = text.filter((piece) => piece !== '' && !/[\x00-\x1f\x7f]/.test(piece));
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(pathText, pathText),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'ü', 'a b', '%'), text), { maxLength: 6 }),
        async ([first, second], pairs) => {
          const url = new URL(`http://127.0.0.1:${port}`);
          const raw = `/p/${encodeURIComponent(first)}/${encodeURIComponent(second)}`;
          fc.pre(codeFor(raw) === undefined);
          url.pathname = raw;
          for (const [name, value] of pairs) url.searchParams.append(name, value);
          const headers = signer.sign({ method: 'GET', url: url.href });
          const response = await fetch(url, { headers });
          expect(response.status, url.href).toBe(200);
          const echo = (await response.json()) as Echo;
          expect(echo.params).toMatchObject({ first, second });
          expect(byName(decoded(echo.signed.query))).toEqual(byName(pairs));
          expect(echo.query).toEqual(JSON.parse(JSON.stringify(parseQuery(url.search.slice(1)))));
        },
      ),
      { numRuns: runs(500) },
    );
    expect(new Set(events.map(({ code }) => code))).toEqual(new Set(['admitted']));
  });

  it('a Host field that would lead the framework to another path', async () => {
    const { verifier, events, admitted } = watchedVerifier();
    const port = await serve({ verifier });
    const hosts = [
      '1/admin',
      '1/ord#x',
      '1/a?xx=',
      'a/b',
      'u@host',
      'a#',
      'a?',
      'a\\b',
      '1/../xx',
      '%2F',
      'a.1',
      'xn--a',
      'a b',
      '',
    ];
    for (const host of hosts) {
      const signed = signNow({ target: '/v1/orders' });
      const headers = signed.headers.map(([name, value]) => [name, name === 'host' ? host : value] as const);
      const answer = await sendSigned(port, { ...signed, headers });
      if (answer.status === 200) check('/v1/orders', answer);
      else expect([400, 401], host).toContain(answer.status);
    }
    for (const { code, target } of events) {
      if (code === 'admitted') expect(target).toBe('/v1/orders');
      else expect(['invalid-signature', 'malformed-target']).toContain(code);
    }
    expect(admitted()).toBeLessThanOrEqual(hosts.length);
  });
}

function codeFor(target: string): string | undefined {
  try {
    canonicalTarget(target);
    return undefined;
  } catch (error) {
    if (error instanceof CanonicalError) return error.code;
    throw error;
  }
}
