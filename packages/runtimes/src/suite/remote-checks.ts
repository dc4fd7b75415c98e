/** The client against a server over a real socket: admitted, replayed, tampered with, over the limit. */
import { importSecret, openVerdict, parseAuthorization } from '@countersign/canonical';
import { createFetch, createSigner, RateLimitedError, type SignedFetch } from '@countersign/client';
import { type Check, equal, type Group } from './check.js';
import { KEY_ID, SECRET } from './keys.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const BODY = '{"amount":1299}';

const signer = (): ReturnType<typeof createSigner> => createSigner({ keyId: KEY_ID, secret: SECRET });

/** @param group whose merit it is: the client's, or that of the server which is called */
export function remoteChecks(origin: string, group: Group): Check[] {
  const named = (name: string, run: (origin: string) => unknown): Check => ({
    group,
    name: `over a socket: ${name}`,
    run: () => run(origin),
  });
  return [
    named('a signed POST is admitted', isAdmitted),
    named('a replay is refused, under the key', isReplayed),
    named('a changed body, query and method are refused', isTampered),
    named('a call over the limit ends in RateLimitedError', isLimited),
    named('HEAD is answered without a body', answersHead),
    named('targets of many kinds are signed as they are sent', signsTargets),
    named('a streamed upload is verified as it is read', streams),
    named('a streamed upload that is not the signed one is refused', streamsForged),
    named('a clock that is an hour slow heals', heals),
    named('the Hono adapter admits once', isAdmittedByHono),
  ];
}

async function isAdmitted(origin: string): Promise<void> {
  const signedFetch = createFetch(signer());
  const response = await signedFetch(`${origin}/v1/orders`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: BODY,
  });
  equal(response.status, 201);
  const { owner, scope, body } = JSON.parse(await response.text());
  equal({ owner, scope, body }, { owner: 'acme', scope: 'orders:write', body: BODY });
  equal(/"orders/.test(response.headers.get('ratelimit') ?? ''), true, 'the RateLimit field');
  equal(response.headers.get('cache-control'), 'private');
}

interface Sent {
  readonly method?: string;
  readonly body?: string;
  /** What is sent in place of what was signed. */
  readonly sentBody?: string;
  readonly sentUrl?: string;
  readonly sentMethod?: string;
}

interface Received {
  readonly status: number;
  readonly code: unknown;
  readonly field: string;
  readonly authorization: string;
}

/** Signs once. What it gives sends that signature, each time it is called. */
function signedOnce(url: string, sent: Sent = {}): () => Promise<Received> {
  const { method = 'POST', body = BODY } = sent;
  const { authorization = '' } = signer().sign({ method, url, headers: JSON_TYPE, body });
  return async () => {
    const response = await fetch(sent.sentUrl ?? url, {
      method: sent.sentMethod ?? method,
      headers: { ...JSON_TYPE, authorization },
      body: sent.sentBody ?? body,
    });
    const { code, charged } = JSON.parse(await response.text());
    return {
      status: response.status,
      code: charged === true ? `${code}, charged` : code,
      field: response.headers.get('countersign-verdict') ?? '',
      authorization,
    };
  };
}

async function isReplayed(origin: string): Promise<void> {
  const send = signedOnce(`${origin}/v1/orders`);
  equal((await send()).status, 201);
  const { status, code, authorization, field } = await send();
  equal([status, code], [409, 'replayed-nonce']);
  equal(openVerdict(importSecret(SECRET), parseAuthorization(authorization), field)?.code, 'replayed-nonce');
}

async function isTampered(origin: string): Promise<void> {
  const url = `${origin}/v1/orders`;
  equal((await signedOnce(url, { sentBody: '{"amount":1}' })()).code, 'digest-mismatch', 'for another body');
  equal((await signedOnce(url, { sentBody: '' })()).code, 'digest-mismatch', 'for no body');
  equal(
    (await signedOnce(url, { sentUrl: `${url}?admin=1` })()).code,
    'invalid-signature',
    'for another query',
  );
  equal((await signedOnce(url, { sentMethod: 'PUT' })()).code, 'invalid-signature', 'for another method');
}

async function isLimited(origin: string): Promise<void> {
  const signedFetch = createFetch(signer(), { attempts: 1 });
  const url = `${origin}/v1/limited/${crypto.randomUUID()}`;
  equal((await signedFetch(url)).status, 200);
  equal((await signedFetch(url)).status, 200);
  const error: unknown = await signedFetch(url).then(
    ({ status }) => status,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RateLimitedError)) throw new Error(`the third call gave ${String(error)}`);
  const { retryAfterMs = 0 } = error;
  if (retryAfterMs < 50_000 || retryAfterMs > 60_000)
    throw new Error(`to be sent again in ${retryAfterMs} ms`);
}

async function answersHead(origin: string): Promise<void> {
  const signedFetch = createFetch(signer());
  const response = await signedFetch(`${origin}/v1/orders`, { method: 'HEAD' });
  equal([response.status, await response.text()], [200, '']);
  const { status } = await fetch(`${origin}/v1/orders`, { method: 'HEAD' });
  equal(status, 401, 'without a signature');
}

const TARGETS: readonly string[] = [
  '/v1/orders/%7Etea?b=2&a=1&a=0',
  "/v1/orders/it's?q='quoted'&sum=1+1&plus=%2B",
  '/v1/orders/a%2Fb;v=1,2@:!$&()*',
  '/v1/orders/grüße/../tee?name=grün&x[]=1&x[]=0&&=',
  '/v1/orders/a|b^c`d{e}"f<g>?"<>`{|}^\\',
  '/v1/orders/?',
];

async function signsTargets(origin: string): Promise<void> {
  const signedFetch = createFetch(signer());
  const answers = await Promise.all(TARGETS.slice(0, 5).map((target) => signedFetch(`${origin}${target}`)));
  equal(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
    'what was answered',
  );
  const { status } = await signedFetch(`${origin}/v1/orders/?`);
  equal(status, 403, 'for a path that the table of routes does not know');
}

async function upload(
  signedFetch: SignedFetch,
  url: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<unknown> {
  const response = await signedFetch(url, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body });
  return JSON.parse(await response.text()).bytes;
}

async function streams(origin: string): Promise<void> {
  const signedFetch = createFetch(signer());
  const url = `${origin}/v1/uploads/a`;
  for (const bytes of [1, 300_000, 0])
    equal(await upload(signedFetch, url, new Uint8Array(bytes).fill(97)), bytes);
}

async function streamsForged(origin: string): Promise<void> {
  const body = 'a'.repeat(200_000);
  const send = signedOnce(`${origin}/v1/uploads/a`, { method: 'PUT', body, sentBody: `${body.slice(1)}b` });
  equal((await send()).code, 'digest-mismatch, charged');
  equal((await send()).code, 'replayed-nonce', 'for the same again');
}

async function heals(origin: string): Promise<void> {
  const slow = createSigner({ keyId: KEY_ID, secret: SECRET, now: () => Date.now() - 3_600_000 });
  equal((await createFetch(slow)(`${origin}/v1/orders`)).status, 200);
}

async function isAdmittedByHono(origin: string): Promise<void> {
  const url = `${origin}/hono/orders`;
  const send = signedOnce(url);
  equal([(await send()).status, (await send()).code], [201, 'replayed-nonce']);
  equal((await signedOnce(url, { sentBody: '{"amount":1}' })()).code, 'digest-mismatch', 'for another body');
}
