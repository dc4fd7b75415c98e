import { importSecret, openVerdict } from '@countersign/canonical';
import {
  type SignedHead,
  type SigningInput,
  signHead,
  TEST_AUDIENCE,
  TEST_SECRET,
} from '@countersign/testkit';
import { describe, expect, it } from 'vitest';
import {
  type AdmissionResult,
  ANY_HOST,
  cachedDirectory,
  createVerifier,
  type KeyConfig,
  keyring,
  type RefusalCode,
  type Store,
  type Verdict,
  type VerdictEvent,
  type VerifierOptions,
  type VerifyOptions,
} from '../src/index.js';

const T = 1_763_750_000_000;
const OTHER_SECRET = new Uint8Array(32).fill(7);
const KEY: KeyConfig = { secret: TEST_SECRET, scopes: ['orders'] };

function setUp(options: Partial<VerifierOptions> = {}, keys: Record<string, KeyConfig> = { key_1: KEY }) {
  const clock = { nowMs: T };
  const events: VerdictEvent[] = [];
  const verifier = createVerifier({
    keys: keyring(keys),
    audience: TEST_AUDIENCE,
    now: () => clock.nowMs,
    onVerdict: (event) => events.push(event),
    ...options,
  });
  const send = async (head: SignedHead, route: VerifyOptions = {}, address?: string): Promise<Verdict> =>
    verifier.verify(address === undefined ? head : { ...head, address }, {
      scope: 'orders',
      body: head.body,
      ...route,
    });
  return { verifier, clock, events, send };
}

const sign = (input: Partial<SigningInput> = {}): SignedHead => signHead({ signedAtMs: T, ...input });

async function expectRefused(verdict: Promise<Verdict> | Verdict, code: RefusalCode) {
  const refused = await verdict;
  if (refused.ok) throw new Error('admitted');
  expect(refused.code).toBe(code);
  return refused;
}

describe('a verifier', () => {
  it('admits a signed request once, and answers at once where keys and store do', () => {
    const { verifier } = setUp();
    const head = sign();
    const first = verifier.verify(head, { scope: 'orders', body: '' });
    expect(first).not.toBeInstanceOf(Promise);
    expect(first).toMatchObject({ ok: true, scope: 'orders', key: { id: 'key_1', owner: 'key_1' } });
    expect(verifier.verify(head, { scope: 'orders', body: '' })).toMatchObject({
      ok: false,
      code: 'replayed-nonce',
    });
  });

  it('admits nothing for a head alone until the body is there', async () => {
    const { verifier, send } = setUp();
    const head = sign({ method: 'POST', body: '{}', headers: [['content-type', 'application/json']] });
    for (let i = 0; i < 3; i++)
      expect(await verifier.verify(head, { scope: 'orders' })).toMatchObject({ ok: true });
    const proved = await verifier.verify(head, { scope: 'orders' });
    if (!proved.ok) throw new Error(proved.code);
    expect(await proved.withBody('{ }')).toMatchObject({ code: 'digest-mismatch' });
    expect(await proved.withBody('{}')).toMatchObject({ ok: true });
    await expectRefused(send(head), 'replayed-nonce');
  });

  it.each<[string, Partial<SigningInput>, (head: SignedHead) => SignedHead, RefusalCode]>([
    ['an unsigned request', {}, (head) => ({ ...head, headers: [] }), 'missing-signature'],
    [
      'another scheme',
      {},
      (head) => ({ ...head, headers: [['authorization', 'Bearer x']] }),
      'missing-signature',
    ],
    [
      'two signatures',
      {},
      (head) => ({ ...head, headers: [...head.headers, ...head.headers.slice(-1)] }),
      'malformed-signature',
    ],
    ['an unknown key', { keyId: 'nobody' }, (head) => head, 'invalid-signature'],
    ['another secret', { secret: OTHER_SECRET }, (head) => head, 'invalid-signature'],
    ['another path', {}, (head) => ({ ...head, target: '/v1/orders/7' }), 'invalid-signature'],
    ['another query', {}, (head) => ({ ...head, target: '/v1/orders?a=1' }), 'invalid-signature'],
    ['another method', {}, (head) => ({ ...head, method: 'DELETE' }), 'invalid-signature'],
    [
      'an unsigned content type',
      {},
      (head) => ({ ...head, headers: [...head.headers, ['Content-Type', 'a/b']] }),
      'malformed-request',
    ],
    ['a dot segment', {}, (head) => ({ ...head, target: '/v1/%2e%2e/orders' }), 'ambiguous-target'],
    ['a raw space', {}, (head) => ({ ...head, target: '/v1/ orders' }), 'malformed-target'],
    ['CONNECT', {}, (head) => ({ ...head, method: 'CONNECT' }), 'malformed-target'],
    ['an old signature', { signedAtMs: T - 300_001 }, (head) => head, 'stale-timestamp'],
    ['a signature from the future', { signedAtMs: T + 10_001 }, (head) => head, 'future-timestamp'],
    ['another scope than the route', { scope: 'orders:write' }, (head) => head, 'scope-mismatch'],
    ['another body', { body: 'a' }, (head) => ({ ...head, body: 'b' }), 'digest-mismatch'],
  ])('refuses %s', async (_, input, change, code) => {
    const { send } = setUp();
    await expectRefused(send(change(sign(input))), code);
  });

  it('authenticates every refusal once the key is known, and none before', async () => {
    const { send } = setUp();
    const stranger = await expectRefused(send(sign({ keyId: 'nobody' })), 'invalid-signature');
    expect(stranger.headers).not.toHaveProperty('countersign-verdict');
    const head = sign({ signedAtMs: T - 400_000 });
    const stale = await expectRefused(send(head), 'stale-timestamp');
    const subject = { key: 'key_1', nonce: head.nonce, sig: head.sig };
    const field = stale.headers['countersign-verdict'] ?? '';
    expect(openVerdict(importSecret(TEST_SECRET), subject, field)).toEqual({
      code: 'stale-timestamp',
      timeMs: T,
      deadSinceMs: T - 100_000,
    });
    expect(
      openVerdict(importSecret(TEST_SECRET), { ...subject, sig: '0'.repeat(64) }, field),
    ).toBeUndefined();
  });

  it('gives admitted answers a receipt where that is asked for', async () => {
    const { send } = setUp({ receipts: true });
    const head = sign();
    const verdict = await send(head);
    const subject = { key: 'key_1', nonce: head.nonce, sig: head.sig };
    expect(
      openVerdict(importSecret(TEST_SECRET), subject, verdict.headers['countersign-verdict'] ?? '')?.code,
    ).toBe('admitted');
    expect((await setUp().send(sign())).headers).not.toHaveProperty('countersign-verdict');
  });

  it('words a refusal as a problem document', async () => {
    const { send } = setUp({ limits: { orders: '1/m', '*': '10/m' } });
    const missing = await expectRefused(send({ ...sign(), headers: [] }), 'missing-signature');
    expect(missing).toMatchObject({
      status: 401,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'www-authenticate': 'CS1-HMAC-SHA256',
      },
      problem: { type: 'urn:countersign:problem:missing-signature', status: 401, code: 'missing-signature' },
    });
    await send(sign());
    const limited = await expectRefused(send(sign()), 'rate-limited');
    expect(limited).toMatchObject({
      status: 429,
      retryAfterMs: 60_000,
      headers: {
        'retry-after': '60',
        'ratelimit-policy': '"orders 1/60s";q=1;w=60, "* 10/60s";q=10;w=60',
        ratelimit: '"orders 1/60s";r=0;t=60, "* 10/60s";r=9;t=60',
      },
      problem: {
        type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
        'violated-policies': ['orders 1/60s'],
      },
    });
  });

  it('admits the same signed request after a rate-limited refusal (L6)', async () => {
    const { send, clock } = setUp({ limits: { orders: '1/s' } });
    await send(sign());
    const head = sign();
    const { retryAfterMs = 0 } = await expectRefused(send(head), 'rate-limited');
    clock.nowMs += retryAfterMs - 1;
    await expectRefused(send(head), 'rate-limited');
    clock.nowMs += 1;
    expect(await send(head)).toMatchObject({ ok: true });
  });

  it('says that a cost above the limit is refused for ever', async () => {
    const { send } = setUp({ limits: { orders: '5/s' } });
    const refused = await expectRefused(send(sign(), { cost: 6 }), 'rate-limited');
    expect(refused.retryAfterMs).toBeUndefined();
    expect(refused.headers).not.toHaveProperty('retry-after');
    expect(refused.problem.detail).toMatch(/never/);
  });

  it("charges budgets by owner and in place of the verifier's limits those of the key", async () => {
    const { send } = setUp(
      { limits: { orders: '1/m' } },
      {
        a: { ...KEY, owner: 'acme' },
        b: { ...KEY, owner: 'acme' },
        c: { ...KEY, limits: { orders: '2/m' } },
      },
    );
    expect(await send(sign({ keyId: 'a' }))).toMatchObject({ ok: true });
    await expectRefused(send(sign({ keyId: 'b' })), 'rate-limited');
    expect(await send(sign({ keyId: 'c' }))).toMatchObject({ ok: true });
    expect(await send(sign({ keyId: 'c' }))).toMatchObject({ ok: true });
    await expectRefused(send(sign({ keyId: 'c' })), 'rate-limited');
  });

  it('lets a client sign a child of the scope only where the route says so', async () => {
    const { send } = setUp();
    const head = sign({ scope: 'orders:write' });
    await expectRefused(send(head), 'scope-mismatch');
    expect(await send(head, { children: true })).toMatchObject({ ok: true, scope: 'orders:write' });
    await expectRefused(
      send(sign({ scope: 'orders' }), { scope: 'orders:write', children: true }),
      'scope-mismatch',
    );
    await expectRefused(send(sign(), { scope: 'invoices' }), 'scope-not-granted');
  });

  it('takes a scope and a cost from what is signed, and refuses where they give none', async () => {
    const { send } = setUp({ limits: { 'orders:7': '5/m' } });
    const route = {
      scope: (signed: { path: string }) => `orders:${signed.path.split('/')[3]}`,
      cost: () => 3,
    };
    const verdict = await send(sign({ target: '/v1/orders/7' }), route);
    expect(verdict).toMatchObject({ ok: true, scope: 'orders:7', budgets: [{ remaining: 2 }] });
    await expectRefused(send(sign({ target: '/v1/orders/a%20b' }), route), 'scope-mismatch');
    const throwing = () => {
      throw new Error('no');
    };
    await expectRefused(send(sign(), { scope: throwing }), 'scope-mismatch');
    await expectRefused(send(sign(), { cost: throwing }), 'malformed-request');
    await expectRefused(send(sign(), { cost: () => Number.NaN }), 'malformed-request');
  });

  it('takes each of several secrets until it expires, and a key from notBefore to expiresAt', async () => {
    const { send, clock } = setUp(
      {},
      {
        key_1: {
          secrets: [{ secret: TEST_SECRET, expiresAt: T + 1000 }, OTHER_SECRET],
          scopes: ['orders'],
          notBefore: T,
          expiresAt: new Date(T + 2000),
        },
        off: { ...KEY, disabled: true },
      },
    );
    const at = (nowMs: number, secret: string | Uint8Array) => {
      clock.nowMs = nowMs;
      return send(sign({ signedAtMs: nowMs, secret }));
    };
    await expectRefused(at(T - 1, OTHER_SECRET), 'invalid-signature');
    expect(await at(T, TEST_SECRET)).toMatchObject({ ok: true });
    expect(await at(T + 999, TEST_SECRET)).toMatchObject({ ok: true });
    await expectRefused(at(T + 1000, TEST_SECRET), 'invalid-signature');
    expect(await at(T + 1999, OTHER_SECRET)).toMatchObject({ ok: true });
    await expectRefused(at(T + 2000, OTHER_SECRET), 'invalid-signature');
    await expectRefused(send(sign({ keyId: 'off' })), 'invalid-signature');
  });

  it('tells the operator which of several secrets was used, so that the old one can be let go', async () => {
    const { send, events } = setUp(
      {},
      { key_1: { secrets: [TEST_SECRET, OTHER_SECRET], scopes: ['orders'] } },
    );
    await send(sign({ secret: OTHER_SECRET }));
    await send(sign({ secret: TEST_SECRET }));
    await send(sign({ secret: TEST_SECRET, scope: 'other' }));
    await send(sign({ secret: new Uint8Array(32) }));
    expect(events.map(({ code, secretIndex }) => [code, secretIndex])).toEqual([
      ['admitted', 1],
      ['admitted', 0],
      ['scope-mismatch', 0],
      ['invalid-signature', undefined],
    ]);
  });

  it('takes the signature from another field, and then wants authorization signed', async () => {
    const { send } = setUp({ header: 'X-Signature' });
    const bearer: [string, string] = ['authorization', 'Bearer x'];
    expect(await send(sign({ field: 'x-signature', headers: [bearer] }))).toMatchObject({
      ok: true,
      headers: { vary: 'x-signature' },
    });
    await expectRefused(
      send(sign({ field: 'x-signature', headers: [bearer], signed: [] })),
      'malformed-request',
    );
    await expectRefused(send(sign()), 'missing-signature');
  });

  it('looks at the addressed authority as the audience option says', async () => {
    const list = setUp({ audience: [TEST_AUDIENCE, 'other.example:8443'] });
    expect(await list.send(sign())).toMatchObject({ ok: true });
    expect(await list.send(sign({ audience: 'OTHER.example:8443' }))).toMatchObject({ ok: true });
    await expectRefused(list.send(sign({ audience: 'evil.example' })), 'wrong-audience');
    expect(await setUp({ audience: ANY_HOST }).send(sign({ audience: 'evil.example' }))).toMatchObject({
      ok: true,
    });
    // One name: a proxy may have rewritten Host.
    const head = sign();
    const rewritten = head.headers.map(
      ([name, value]) => [name, name === 'host' ? '10.0.0.1' : value] as const,
    );
    expect(await setUp().send({ ...head, headers: rewritten })).toMatchObject({ ok: true });
    await expectRefused(
      setUp({ audience: ANY_HOST }).send({ ...head, headers: rewritten }),
      'invalid-signature',
    );
  });

  it('asks a directory, and answers 503 when it fails', async () => {
    let broken = false;
    const keys = cachedDirectory(
      async (id) => {
        if (broken) throw new Error('down');
        return id === 'key_1' ? KEY : undefined;
      },
      { ttlMs: 1 },
    );
    const { send } = setUp({ keys });
    expect(await send(sign())).toMatchObject({ ok: true });
    await expectRefused(send(sign({ keyId: 'nobody' })), 'invalid-signature');
    broken = true;
    keys.invalidate('key_1');
    const refused = await expectRefused(send(sign()), 'store-unavailable');
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  it.each<[string, () => AdmissionResult | Promise<AdmissionResult>]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['never answers', () => new Promise(() => {})],
  ])('L12 unavailable is not denied: a store that %s gives 503 within the deadline', async (_, admit) => {
    const store: Store = { attach: () => {}, admit };
    const { send } = setUp({ store, storeTimeoutMs: 50 });
    const startedAt = performance.now();
    const refused = await expectRefused(send(sign()), 'store-unavailable');
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  it('tells the operator of every verdict, with the reason, and survives a hook that throws', async () => {
    const { send, events } = setUp();
    await send(sign({ target: '/v1/orders?a=1' }), {}, '192.0.2.1');
    await send(sign({ secret: OTHER_SECRET }));
    expect(events).toMatchObject([
      {
        code: 'admitted',
        status: 200,
        method: 'GET',
        target: '/v1/orders?a=1',
        address: '192.0.2.1',
        keyId: 'key_1',
        proved: true,
        owner: 'key_1',
        scope: 'orders',
      },
      { code: 'invalid-signature', status: 401, proved: false, keyId: 'key_1' },
    ]);
    expect(events[1]).not.toHaveProperty('owner');
    expect(JSON.stringify(events)).not.toContain(TEST_SECRET);
    const deaf = setUp({
      onVerdict: () => {
        throw new Error('hook');
      },
    });
    expect(await deaf.send(sign())).toMatchObject({ ok: true });
  });

  it('explains a difference only in debug, the same for unknown keys', async () => {
    const base64url = (text: string) =>
      btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const canonical = (keyId: string) =>
      `CS1-HMAC-SHA256\nGET\n${TEST_AUDIENCE}\n/api/v1/orders\n\nd\nt\nn\n${keyId}\n`;
    const ask = (keyId: string) => ({
      ...sign({ keyId, secret: OTHER_SECRET }),
      headers: [
        ...sign({ keyId, secret: OTHER_SECRET }).headers,
        ['countersign-debug', base64url(canonical(keyId))] as const,
      ],
    });
    const { send } = setUp({ debug: true });
    const known = await expectRefused(send(ask('key_1')), 'invalid-signature');
    expect(known.problem['debug']).toEqual({
      line: 4,
      part: 'path',
      client: '/api/v1/orders',
      server: '/v1/orders',
      cause: 'the path lost its prefix /api on the way',
    });
    const unknown = await expectRefused(send(ask('nobody')), 'invalid-signature');
    expect(unknown.problem).toEqual(known.problem);
    expect((await expectRefused(setUp().send(ask('key_1')), 'invalid-signature')).problem).not.toHaveProperty(
      'debug',
    );
  });

  it('answers a spent address otherwise, asks no directory for it, and still admits who proves a cached key', async () => {
    const asked: string[] = [];
    const keys = cachedDirectory(async (id) => {
      asked.push(id);
      return id === 'key_1' ? KEY : undefined;
    });
    const { send } = setUp({ keys, failures: { limit: 3, windowMs: 60_000 } });
    const address = '192.0.2.7';
    expect(await send(sign(), {}, address)).toMatchObject({ ok: true });
    for (let i = 0; i < 3; i++)
      await expectRefused(send(sign({ keyId: `junk_${i}` }), {}, address), 'invalid-signature');
    const spent = await expectRefused(
      send(sign({ keyId: 'junk_9' }), {}, `::ffff:${address}`),
      'too-many-failures',
    );
    expect(spent).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect(spent.headers).toHaveProperty('ratelimit');
    expect(spent.headers).not.toHaveProperty('countersign-verdict');
    expect(asked).not.toContain('junk_9');
    expect(await send(sign(), {}, address)).toMatchObject({ ok: true });
    await expectRefused(send(sign({ keyId: 'junk_10' }), {}, '192.0.2.8'), 'invalid-signature');
  });
});

it('junk from an address that customers share locks out no key that was proved before', async () => {
  const clock = { nowMs: 0 };
  const asked: string[] = [];
  const find = async (id: string) => {
    asked.push(id);
    return id === 'key_1' ? KEY : undefined;
  };
  const keys = cachedDirectory(find, { now: () => clock.nowMs });
  const { send } = setUp({ keys, failures: { limit: 3, windowMs: 60_000 } });
  const address = '192.0.2.7';
  expect(await send(sign(), {}, address)).toMatchObject({ ok: true });
  for (let i = 0; i < 3; i++) await send(sign({ keyId: `junk_${i}` }), {}, address);
  clock.nowMs = 3_600_000;
  expect(await send(sign(), {}, address)).toMatchObject({ ok: true });
  // A rotation or a revocation does not change that.
  keys.invalidate('key_1');
  expect(await send(sign(), {}, address)).toMatchObject({ ok: true });
  await expectRefused(send(sign({ keyId: 'junk_9' }), {}, address), 'too-many-failures');
  expect(asked).not.toContain('junk_9');
});

it('a streamed body that nobody reads is given up when its time is over', async () => {
  const { verifier } = setUp({ bodyTimeoutMs: 30 });
  const head = await verifier.verify(sign({ method: 'POST', body: 'x' }), { scope: 'orders' });
  const streamed = head.ok ? await head.stream([] as never) : head;
  if (!streamed.ok) throw new Error(streamed.code);
  await expect(streamed.verified).rejects.toMatchObject({ code: 'body-timeout' });
});

describe('wrong options', () => {
  const right = { keys: keyring({}), audience: TEST_AUDIENCE };

  it.each<[Record<string, unknown>, string]>([
    [{ keys: undefined }, 'keys'],
    [{ audience: undefined }, 'audience'],
    [{ audience: 'https://api.example.com' }, 'audience'],
    [{ audience: [] }, 'audience'],
    [{ header: 'x y' }, 'header'],
    [{ requireSigned: ['host'] }, 'requireSigned'],
    [{ tolerance: { pastMs: -1 } }, 'tolerance.pastMs'],
    [{ maxBodyBytes: -1 }, 'maxBodyBytes'],
    [{ storeTimeoutMs: 0 }, 'storeTimeoutMs'],
    [{ limits: { orders: '5/month' } }, 'limits["orders"]'],
    [{ failures: { limit: 0 } }, 'failures'],
  ])('%j throws an error that names %s', (wrong, name) => {
    const make = () => createVerifier({ ...right, ...wrong } as VerifierOptions);
    expect(make).toThrow(name);
    expect(make).toThrow(/TypeError|RangeError|expected|not/);
    try {
      make();
    } catch (error) {
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
    }
  });

  it('names the option of a route', () => {
    const verifier = createVerifier(right);
    expect(() => verifier.verify(sign(), { scope: 'or ders' })).toThrow(TypeError);
    expect(() => verifier.verify(sign(), { cost: 0 })).toThrow(RangeError);
  });
});
