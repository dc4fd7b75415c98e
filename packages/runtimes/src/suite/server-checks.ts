/** @countersign/server by itself: verified, replayed, limited, remembered, guarded. Nothing goes over a network. */
import { importSecret, openVerdict, parseAuthorization } from '@countersign/canonical';
import { createSigner } from '@countersign/client';
import {
  createVerifier,
  guard,
  keyring,
  memoryStore,
  routeScopes,
  type Verdict,
  type Verifier,
  type VerifierOptions,
} from '@countersign/server';
import { type Check, equal, throws } from './check.js';
import { KEY_ID, SECRET } from './keys.js';

const group = 'server';
const ORIGIN = 'https://api.example.com';
const START_MS = 1_800_000_000_000;
const BODY = '{"amount":1299}';

export function serverChecks(): Check[] {
  return [
    { group, name: 'admits what was signed', run: admits },
    { group, name: 'refuses what was changed after it was signed', run: refusesChanges },
    { group, name: 'refuses a replay, and says so under the key', run: refusesReplay },
    { group, name: 'refuses what is stale or of the future', run: refusesOtherTimes },
    { group, name: 'holds a rate in any window, and to the millisecond', run: holdsRate },
    { group, name: 'charges every budget on the path or none', run: chargesPath },
    { group, name: 'forgets no nonce before its signature is stale', run: remembers },
    { group, name: 'counts strangers by address, IPv6 by /64', run: countsStrangers },
    { group, name: 'finds scopes by route, HEAD by GET', run: findsScopes },
    { group, name: 'names options that are wrong', run: namesOptions },
    { group, name: 'guard hands on the body that was verified', run: guards },
    { group, name: 'guard refuses with a response', run: guardRefuses },
    { group, name: 'guard streams a body, and answers for a wrong one', run: guardStreams },
  ];
}

function verifierAt(now: () => number, options: Partial<VerifierOptions> = {}): Verifier {
  const keys = keyring({ [KEY_ID]: { secret: SECRET, scopes: ['orders'] } });
  return createVerifier({ audience: 'api.example.com', keys, now, ...options });
}

function sign(signedAtMs: number, path = '/v1/orders', body = BODY): Record<string, string> {
  const signer = createSigner({ keyId: KEY_ID, secret: SECRET, now: () => signedAtMs });
  const headers = { 'content-type': 'application/json' };
  return { ...headers, ...signer.sign({ method: 'POST', url: `${ORIGIN}${path}`, headers, body }) };
}

async function verify(
  verifier: Verifier,
  headers: Record<string, string>,
  { target = '/v1/orders', body = BODY, method = 'POST', address = '192.0.2.1', scope = 'orders:write' } = {},
): Promise<Verdict> {
  const lines = Object.entries({ host: 'api.example.com', ...headers });
  return verifier.verify({ method, target, headers: lines, address }, { scope, body });
}

const codeOf = (verdict: Verdict): string => (verdict.ok ? 'admitted' : verdict.code);

async function admits(): Promise<void> {
  const verdict = await verify(
    verifierAt(() => START_MS),
    sign(START_MS),
  );
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problem));
  equal([verdict.key.id, verdict.scope, verdict.request.path], [KEY_ID, 'orders:write', '/v1/orders']);
}

async function refusesChanges(): Promise<void> {
  const verifier = verifierAt(() => START_MS);
  const headers = sign(START_MS);
  equal(codeOf(await verify(verifier, headers, { body: '{"amount":1}' })), 'digest-mismatch');
  equal(codeOf(await verify(verifier, headers, { target: '/v1/orders?admin' })), 'invalid-signature');
  equal(codeOf(await verify(verifier, headers, { method: 'PUT' })), 'invalid-signature');
  equal(codeOf(await verify(verifier, { ...headers, 'idempotency-key': '1' })), 'malformed-request');
  equal(codeOf(await verify(verifier, headers, { scope: 'billing' })), 'scope-not-granted');
  equal(codeOf(await verify(verifier, { 'content-type': 'a' })), 'missing-signature');
  equal(codeOf(await verify(verifier, headers)), 'admitted', 'the request itself');
}

async function refusesReplay(): Promise<void> {
  const verifier = verifierAt(() => START_MS);
  const headers = sign(START_MS);
  equal(codeOf(await verify(verifier, headers)), 'admitted');
  const verdict = await verify(verifier, headers);
  equal(codeOf(verdict), 'replayed-nonce');
  const subject = parseAuthorization(headers['authorization'] ?? '');
  const opened = openVerdict(importSecret(SECRET), subject, verdict.headers['countersign-verdict'] ?? '');
  equal(opened?.code, 'replayed-nonce', 'the authenticated code');
}

async function refusesOtherTimes(): Promise<void> {
  const verifier = verifierAt(() => START_MS);
  equal(codeOf(await verify(verifier, sign(START_MS - 300_001))), 'stale-timestamp');
  equal(codeOf(await verify(verifier, sign(START_MS + 10_001))), 'future-timestamp');
  equal(codeOf(await verify(verifier, sign(START_MS - 300_000))), 'admitted');
}

async function holdsRate(): Promise<void> {
  let nowMs = START_MS;
  const verifier = verifierAt(() => nowMs, { limits: { 'orders:write': '3/10s' } });
  const admittedAt: number[] = [];
  for (; nowMs < START_MS + 60_000; nowMs += 1_300) {
    if ((await verify(verifier, sign(nowMs))).ok) admittedAt.push(nowMs);
  }
  for (const start of admittedAt) {
    const inWindow = admittedAt.filter((atMs) => atMs >= start && atMs < start + 10_000);
    if (inWindow.length > 3)
      throw new Error(`${inWindow.length} in the ten seconds from ${start - START_MS}`);
  }
  if (admittedAt.length < 15) throw new Error(`${admittedAt.length} in a minute`);
  for (let i = 0; i < 3; i++) await verify(verifier, sign(nowMs));
  const headers = sign(nowMs);
  const limited = await verify(verifier, headers);
  const waitMs = limited.ok ? 0 : (limited.retryAfterMs ?? 0);
  equal(codeOf(limited), 'rate-limited');
  nowMs += waitMs - 1;
  equal(codeOf(await verify(verifier, headers)), 'rate-limited', 'a millisecond early');
  nowMs += 1;
  equal(codeOf(await verify(verifier, headers)), 'admitted', 'in time');
}

async function chargesPath(): Promise<void> {
  const verifier = verifierAt(() => START_MS, {
    limits: { orders: '2/m', 'orders:write': '1/m', '*': '9/m' },
  });
  const first = await verify(verifier, sign(START_MS));
  const left = first.ok ? first.budgets.map(({ remaining }) => remaining).toSorted() : [];
  equal(left, [0, 1, 8], 'what is left');
  equal(codeOf(await verify(verifier, sign(START_MS))), 'rate-limited');
  const read = await verify(verifier, sign(START_MS), { scope: 'orders:read' });
  equal(codeOf(read), 'admitted', 'the sibling that a refusal must not drain');
}

async function remembers(): Promise<void> {
  let nowMs = START_MS;
  const store = memoryStore({ maxNonces: 100 });
  const verifier = verifierAt(() => nowMs, { store });
  const first = sign(nowMs);
  equal(codeOf(await verify(verifier, first)), 'admitted');
  nowMs += 299_999;
  equal(codeOf(await verify(verifier, first)), 'replayed-nonce', 'before it is stale');
  for (let i = 0; i < 150; i++) {
    nowMs += 1;
    await verify(verifier, sign(nowMs));
  }
  equal(codeOf(await verify(verifier, first)), 'stale-timestamp', 'after it');
  if (store.size > 110) throw new Error(`${store.size} nonces in memory, of 100`);
  equal(codeOf(await verify(verifier, sign(nowMs - 145))), 'store-recovering', 'under the horizon');
}

async function countsStrangers(): Promise<void> {
  const verifier = verifierAt(() => START_MS, { failures: { limit: 2, windowMs: 60_000 } });
  const stranger = async (address: string): Promise<string> =>
    codeOf(await verify(verifier, {}, { address }));
  equal(await stranger('2001:db8::1'), 'missing-signature');
  equal(await stranger('2001:db8::2'), 'missing-signature');
  equal(await stranger('2001:db8::3'), 'too-many-failures');
  equal(await stranger('192.0.2.9'), 'missing-signature', 'another address');
  equal(
    codeOf(await verify(verifier, sign(START_MS), { address: '2001:db8::4' })),
    'admitted',
    'a customer there',
  );
}

async function findsScopes(): Promise<void> {
  const scope = routeScopes({ 'POST /v1/:kind': (_, { kind }) => kind, 'GET /v1/orders': 'orders:read' });
  const check = guard(
    verifierAt(() => START_MS),
    { scope },
  );
  const headers = createSigner({ keyId: KEY_ID, secret: SECRET, now: () => START_MS });
  const ask = async (method: string, path: string): Promise<string> => {
    const url = `${ORIGIN}${path}`;
    const verdict = await check(new Request(url, { method, headers: headers.sign({ method, url }) }));
    return verdict.ok ? verdict.scope : verdict.code;
  };
  equal(await ask('HEAD', '/v1/orders'), 'orders:read');
  equal(await ask('POST', '/v1/orders'), 'orders');
  equal(await ask('DELETE', '/v1/orders'), 'scope-mismatch');
}

async function namesOptions(): Promise<void> {
  const verifier = verifierAt(() => START_MS);
  await throws(() => memoryStore({ maxNonces: 0 }), 'maxNonces');
  await throws(() => verifierAt(() => START_MS, { limits: { orders: '5/month' as '5/m' } }), 'limits');
  await throws(() => guard(verifier, { scope: 'a b' }), 'scope');
}

function requestWith(body: string, signed = BODY): Request {
  return new Request(`${ORIGIN}/v1/orders`, {
    method: 'POST',
    headers: sign(START_MS, '/v1/orders', signed),
    body,
  });
}

async function guards(): Promise<void> {
  const check = guard(
    verifierAt(() => START_MS, { limits: { orders: '5/m' } }),
    { scope: 'orders' },
  );
  const verdict = await check(requestWith(BODY));
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problem));
  await verdict.verified;
  equal(await verdict.incoming.json(), { amount: 1299 });
  const answer = await verdict.finish(Response.redirect(`${ORIGIN}/elsewhere`, 303));
  equal(
    [answer.status, answer.headers.get('vary'), answer.headers.get('cache-control')],
    [303, 'authorization', 'private'],
  );
  equal(/r=4/.test(answer.headers.get('ratelimit') ?? ''), true, 'the RateLimit field');
}

async function guardRefuses(): Promise<void> {
  const check = guard(
    verifierAt(() => START_MS),
    { scope: 'orders' },
  );
  const verdict = await check(requestWith('{"amount":1}'));
  if (verdict.ok) throw new Error('a forged body was admitted');
  const { response } = verdict;
  equal([response.status, response.headers.get('content-type')], [400, 'application/problem+json']);
  const { code } = JSON.parse(await response.text());
  equal(code, 'digest-mismatch');
}

async function guardStreams(): Promise<void> {
  const check = guard(
    verifierAt(() => START_MS),
    { scope: 'orders', body: 'stream' },
  );
  const answerTo = async (body: string): Promise<Response> => {
    const verdict = await check(requestWith(body));
    if (!verdict.ok) throw new Error(JSON.stringify(verdict.problem));
    return verdict.finish(verdict.incoming.text().then((text) => new Response(text)));
  };
  equal(await (await answerTo(BODY)).text(), BODY);
  const wrong = await answerTo('{"amount":1}');
  const { code, charged } = JSON.parse(await wrong.text());
  equal([wrong.status, code, charged], [400, 'digest-mismatch', true]);
}
