/** A runtime's server against bytes that no HTTP client sends: what its parser leaves, and what `guard` makes of it. */
import { createSigner } from '@countersign/client';
import { type RawAnswer, sendBytes } from './raw-socket.js';
import { NAMED_AUDIENCE, NAMED_FIELD, STRANGERS_LIMIT } from './suite/app.js';
import { type Check, equal } from './suite/check.js';
import { KEY_ID, SECRET } from './suite/keys.js';

const BODY = '{"amount":1299}';
const TYPE = { 'content-type': 'application/json' };
const LENGTH = `content-length: ${BODY.length}`;

/** The last one spends what the server lets strangers do. */
export function wireChecks(port: number): Check[] {
  const named = (name: string, run: (port: number) => Promise<unknown>): Check => ({
    group: 'server',
    name: `as bytes: ${name}`,
    run: () => run(port),
  });
  return [
    named('a signed request is admitted, once', isAdmittedOnce),
    named('a target that is not canonical is not taken for another', hasOtherTargets),
    named('a crafted Host leads to no other path or query', hasCraftedHost),
    named('two signature fields, or a signed field on two lines, are refused', hasTwoLines),
    named('a body on a GET that was signed without one is refused', hasBodyWithGet),
    named('a body that is too large is refused before it was sent', isTooLarge),
    named('a body that does not come is refused in time', isTooSlow),
    named('a refusal does not wait for the rest of the body', hasUnreadBody),
    named('strangers are counted by their address', isCounted),
  ];
}

function head(
  port: number,
  line: string,
  fields: Readonly<Record<string, string>>,
  ...more: string[]
): string {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...fields }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${[`${line} HTTP/1.1`, ...lines, ...more].join('\r\n')}\r\n\r\n`;
}

function signed(port: number, method: string, target: string, body = ''): Record<string, string> {
  const signer = createSigner({ keyId: KEY_ID, secret: SECRET });
  const headers = body === '' ? {} : TYPE;
  return { ...headers, ...signer.sign({ method, url: `http://127.0.0.1:${port}`, target, headers, body }) };
}

function post(port: number, ...more: string[]): string {
  return head(port, 'POST /v1/orders', signed(port, 'POST', '/v1/orders', BODY), ...more);
}

function codeOf({ text }: RawAnswer): unknown {
  return /"code":"([a-z-]+)"/.exec(text)?.[1];
}

async function isAdmittedOnce(port: number): Promise<void> {
  const bytes = post(port, LENGTH) + BODY;
  equal((await sendBytes(port, bytes)).status, 201);
  equal(codeOf(await sendBytes(port, bytes)), 'replayed-nonce');
}

/** Either as they were sent, or as the runtime's URL parser leaves them, and then that is what the handler sees. */
async function hasOtherTargets(port: number): Promise<string | undefined> {
  const send = (sent: string, target: string): Promise<RawAnswer> =>
    sendBytes(port, head(port, `GET ${sent}`, signed(port, 'GET', target)));
  const dots = await send('/v1/x/../orders', '/v1/orders');
  const resolved = codeOf(dots) !== 'ambiguous-target';
  if (resolved)
    equal([dots.status, /"path":"\/v1\/orders"/.test(dots.text)], [200, true], 'for a dot segment');
  const quoted = await send("/v1/orders?a='", "/v1/orders?a='");
  const escaped = codeOf(quoted) === 'invalid-signature';
  if (!escaped) equal(quoted.status, 200, 'for an apostrophe in a query');
  const remarks = [resolved && 'dot segments arrive resolved', escaped && "`'` of a query arrives as `%27`"];
  return remarks.filter(Boolean).join('; ') || undefined;
}

/** Of these some runtimes make URLs whose path is not the one that was sent, or whose query holds what nobody signed. */
const CRAFTED_HOSTS = [
  '1/admin',
  'x?admin=1&z=',
  'a#b',
  'u@x',
  'a\\b',
  'a\tb',
  'x//y',
  'x:99999',
  '[::1',
  'a b',
  '%2F',
  '',
];

async function hasCraftedHost(port: number): Promise<void> {
  const signer = createSigner({ keyId: KEY_ID, secret: SECRET, audience: NAMED_AUDIENCE });
  const ask = (adapter: string, host: string, sent: string): Promise<RawAnswer> => {
    const fields = signer.sign({ method: 'GET', url: `http://${NAMED_AUDIENCE}/v1/orders` });
    return sendBytes(port, head(port, `GET ${sent}`, { host, [NAMED_FIELD]: adapter, ...fields }));
  };
  for (const adapter of ['guard', 'hono']) {
    equal((await ask(adapter, 'other.example', '/v1/orders')).status, 200, 'for a Host that a proxy made');
    for (const host of CRAFTED_HOSTS) {
      for (const sent of ['/v1/orders', '/x//y/v1/orders']) {
        const { status, text } = await ask(adapter, host, sent);
        const asSigned = text.includes('{"seen":"/v1/orders","parameters":[]}');
        if (status < 400 && !asSigned) throw new Error(`${adapter}, ${sent} at Host ${host}: ${text}`);
      }
    }
  }
}

async function hasTwoLines(port: number): Promise<void> {
  const fields = signed(port, 'POST', '/v1/orders', BODY);
  const again = `authorization: ${fields['authorization']}`;
  const twice = await sendBytes(port, head(port, 'POST /v1/orders', fields, LENGTH, again) + BODY);
  if (twice.status < 400) throw new Error(`two signatures: ${twice.text}`);
  const types = await sendBytes(
    port,
    head(port, 'POST /v1/orders', fields, LENGTH, 'content-type: text/plain') + BODY,
  );
  if (types.status < 400) throw new Error(`two content types: ${types.text}`);
}

async function hasBodyWithGet(port: number): Promise<void> {
  const answer = await sendBytes(
    port,
    head(port, 'GET /v1/orders', signed(port, 'GET', '/v1/orders'), LENGTH) + BODY,
  );
  equal([answer.status, codeOf(answer)], [400, 'digest-mismatch']);
}

async function isTooLarge(port: number): Promise<void> {
  const answer = await sendBytes(port, post(port, 'content-length: 5000000'));
  equal([answer.status, codeOf(answer)], [413, 'body-too-large']);
}

async function isTooSlow(port: number): Promise<void> {
  const answer = await sendBytes(port, post(port, LENGTH) + BODY.slice(0, 5));
  equal([answer.status, codeOf(answer)], [408, 'body-timeout']);
}

async function hasUnreadBody(port: number): Promise<string | undefined> {
  const fields = { ...signed(port, 'POST', '/v1/orders', BODY), 'content-type': 'text/plain' };
  const bytes = head(port, 'POST /v1/orders', fields, 'content-length: 500000');
  const answer = await sendBytes(port, bytes + 'x'.repeat(1000), true);
  equal([answer.status, codeOf(answer)], [401, 'invalid-signature']);
  if (answer.answeredAfterMs > 1_500) throw new Error(`answered after ${answer.answeredAfterMs} ms`);
  return answer.closed ? undefined : 'keeps the connection on an unread body';
}

async function isCounted(port: number): Promise<void> {
  const unsigned = head(port, 'GET /v1/orders', { 'cf-connecting-ip': '192.0.2.1' });
  let last: RawAnswer | undefined;
  for (let i = 0; i <= STRANGERS_LIMIT; i++) last = await sendBytes(port, unsigned);
  equal(last && codeOf(last), 'too-many-failures');
  const { status } = await sendBytes(port, post(port, LENGTH) + BODY);
  equal(status, 201, 'for a customer at that address');
}
