/** A refusal with an unread body closes the connection; where the body was read to its end, the connection goes on. */
import { type SignedHead, signHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { expect, it } from 'vitest';
import { createVerifier, keyring, type ProvedHead, type Refused } from '../src/index.js';
import type { BodySource } from '../src/steps/body.js';

const T = 1_763_750_000_000;
const BODY = 'twelve bytes';

function setUp() {
  const verifier = createVerifier({
    ...{ audience: TEST_AUDIENCE, now: () => T, maxBodyBytes: 12, bodyTimeoutMs: 20 },
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
  });
  const sign = (more = {}): SignedHead => {
    const head = signHead({ method: 'POST', body: BODY, signedAtMs: T, ...more });
    return { ...head, headers: [...head.headers, ['content-length', String(head.body.length)]] };
  };
  const prove = async (head: SignedHead): Promise<ProvedHead | Refused> =>
    verifier.verify(head, { scope: 'orders' });
  const proved = async (head: SignedHead = sign()): Promise<ProvedHead> => {
    const verdict = await prove(head);
    if (!verdict.ok) throw new Error(verdict.code);
    return verdict;
  };
  return { sign, prove, proved };
}

function source(...pieces: (string | Error)[]): BodySource {
  return {
    [Symbol.asyncIterator]: async function* () {
      for (const piece of pieces) {
        if (piece instanceof Error) throw piece;
        yield new TextEncoder().encode(piece);
      }
    },
  };
}
const endless: BodySource = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };

it('closes it where the head is refused and a body is to come', async () => {
  const { sign, prove } = setUp();
  const body = { closeConnection: true };
  expect(await prove(sign({ scope: 'invoices' }))).toMatchObject({ code: 'scope-mismatch', ...body });
  expect(await prove(sign({ keyId: 'nobody' }))).toMatchObject({ code: 'invalid-signature', ...body });
  expect(await prove({ ...sign(), target: '*' })).toMatchObject({ code: 'malformed-target', ...body });
  expect(await prove(sign({ body: `${BODY}!` }))).toMatchObject({ code: 'body-too-large', ...body });
  const bodyless = { ...sign({ scope: 'invoices', body: '' }) };
  expect(await prove(bodyless)).toMatchObject({ code: 'scope-mismatch', closeConnection: false });
});

it('goes on where the caller had the body', async () => {
  const { proved, sign } = setUp();
  const head = sign();
  expect(await (await proved(head)).withBody('other')).toMatchObject({
    code: 'digest-mismatch',
    closeConnection: false,
  });
  expect(await (await proved(head)).withBody(BODY)).toMatchObject({ ok: true });
  expect(await (await proved(head)).withBody(BODY)).toMatchObject({
    code: 'replayed-nonce',
    closeConnection: false,
  });
});

it('goes on where the body was read to its end, whatever was found then', async () => {
  const { proved, sign } = setUp();
  const head = sign();
  expect(await (await proved(head)).buffer(source('other'))).toMatchObject({
    code: 'digest-mismatch',
    closeConnection: false,
  });
  expect(await (await proved(head)).buffer(source(BODY))).toMatchObject({ ok: true });
  expect(await (await proved(head)).buffer(source('twelve ', 'bytes'))).toMatchObject({
    code: 'replayed-nonce',
    closeConnection: false,
  });
});

it('closes it where reading was given up', async () => {
  const { proved } = setUp();
  expect(await (await proved()).buffer(source(BODY, '!'))).toMatchObject({
    code: 'body-too-large',
    closeConnection: true,
  });
  expect(await (await proved()).buffer(endless)).toMatchObject({
    code: 'body-timeout',
    closeConnection: true,
  });
});

it('offers no stream to one who is refused, and closes the connection', async () => {
  const { proved, sign } = setUp();
  const head = sign();
  expect(await (await proved(head)).stream(source(BODY))).toMatchObject({ ok: true });
  const refused = await (await proved(head)).stream(source(BODY));
  expect(refused).toMatchObject({ ok: false, code: 'replayed-nonce', closeConnection: true });
  for (const member of ['body', 'verified', 'refuse']) expect(refused).not.toHaveProperty(member);
});

it('fields that cannot be read are the mistake of whoever calls, and are not answered as a refusal', () => {
  const verifier = createVerifier({ keys: keyring({}), audience: TEST_AUDIENCE });
  const broken = new Error('the fields broke');
  const headers = {
    [Symbol.iterator]: () => {
      throw broken;
    },
  };
  expect(() => verifier.verify({ method: 'GET', target: '/', headers })).toThrow(broken);
});
