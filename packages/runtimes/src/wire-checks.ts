/** A runtime's server against bytes that no HTTP client sends: what its parser leaves, and what `guard` makes of it. */
import { createSigner } from '@countersign/client';
import { type RawAnswer, sendBytes } from './raw-socket.js';
import { STRANGERS_LIMIT } from './suite/app.js';
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
    named('a target that is not canonical is not taken for another', hasDotSegment),
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

async function hasDotSegment(port: number): Promise<string | undefined> {
  const fields = signed(port, 'GET', '/v1/orders');
  const answer = await sendBytes(port, head(port, 'GET /v1/x/../orders', fields));
  if (codeOf(answer) === 'ambiguous-target') return undefined;
  equal(answer.status, 200);
  equal(/"path":"\/v1\/orders"/.test(answer.text), true, 'whether the handler sees the path that was signed');
  return '`Request.url` has dot segments resolved';
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
