/** @countersign/client by itself: what is signed, and one call with one signature. Nothing goes over a network. */
import { CanonicalError, createFetch, createSigner, type Signer } from '@countersign/client';
import { type Check, equal, throws } from './check.js';
import { SECRET } from './keys.js';

const group = 'client';
const URL_SIGNED = 'https://API.example.com:443/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a';
const SPEC_SIGNATURE = '0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088';

function specSigner(): Signer {
  return createSigner({
    keyId: 'key_live_1',
    secret: SECRET,
    now: () => 1763750000000,
    nonce: () => '0f8fad5b-d9cb-469f-a165-70867728950e',
  });
}

const order = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"amount":1299}' };

export function clientChecks(): Check[] {
  return [
    { group, name: 'signs the worked example of spec 2.5', run: signsExample },
    { group, name: 'signs a Request and its body', run: signsRequest },
    { group, name: 'signs bytes and an empty body', run: signsBytes },
    { group, name: 'makes a nonce of its own for each signature', run: makesNonces },
    { group, name: 'refuses to sign a dot segment', run: refusesDotSegment },
    { group, name: 'names a secret that is too short', run: namesSecret },
    { group, name: 'sends one signature again after an answer that got lost', run: sendsAgain },
    { group, name: 'signs a stream that is read into memory', run: signsStream },
    { group, name: 'gives up a call whose signal is aborted', run: givesUp },
  ];
}

function signsExample(): void {
  const { authorization } = specSigner().sign({ ...order, url: URL_SIGNED, scope: 'orders:write' });
  equal(/sig="([0-9a-f]+)"$/.exec(authorization ?? '')?.[1], SPEC_SIGNATURE, 'the signature');
}

async function signsRequest(): Promise<void> {
  const signed = await specSigner().signRequest(new Request(URL_SIGNED, order), { scope: 'orders:write' });
  equal(/sig="([0-9a-f]+)"$/.exec(signed.headers.get('authorization') ?? '')?.[1], SPEC_SIGNATURE);
  equal(await signed.text(), order.body, 'the body');
}

function signsBytes(): void {
  const digestOf = (body?: Uint8Array): unknown => {
    const { authorization } = specSigner().sign({ method: 'POST', url: URL_SIGNED, ...(body && { body }) });
    return /digest="([0-9a-f]{8})/.exec(authorization ?? '')?.[1];
  };
  equal(digestOf(new TextEncoder().encode('abc')), 'ba7816bf');
  equal(digestOf(), 'e3b0c442');
}

function makesNonces(): void {
  const signer = createSigner({ keyId: 'key_1', secret: SECRET });
  const sign = (): unknown => signer.sign({ method: 'GET', url: URL_SIGNED })['authorization'];
  equal(new Set(Array.from({ length: 100 }, sign)).size, 100);
}

async function refusesDotSegment(): Promise<void> {
  const sign = (): unknown => specSigner().sign({ method: 'GET', url: 'https://h/', target: '/a/%2e%2e/b' });
  await throws(sign, 'ambiguous-target');
  try {
    sign();
  } catch (error) {
    equal(error instanceof CanonicalError, true, 'whether it is a CanonicalError');
  }
}

function namesSecret(): Promise<void> {
  return throws(() => createSigner({ keyId: 'key_1', secret: 'cs1s_AAEC' }), 'secret');
}

async function sendsAgain(): Promise<void> {
  const sent: (string | null)[] = [];
  const send: typeof fetch = async (input, init) => {
    sent.push(new Request(input, init).headers.get('authorization'));
    if (sent.length === 1) throw new TypeError('the connection broke');
    return new Response('done');
  };
  const signed = createFetch(createSigner({ keyId: 'key_1', secret: SECRET }), {
    fetch: send,
    random: () => 0,
  });
  equal(await (await signed('https://api.example.com/v1/orders', order)).text(), 'done');
  equal(sent.length, 2, 'how often it was sent');
  equal(new Set(sent).size, 1, 'how many signatures there were');
}

async function signsStream(): Promise<void> {
  let seen = '';
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    seen = `${/digest="([0-9a-f]{8})/.exec(request.headers.get('authorization') ?? '')?.[1]} ${await request.text()}`;
    return new Response('done');
  };
  const signed = createFetch(createSigner({ keyId: 'key_1', secret: SECRET }), { fetch: send });
  const body = new Blob(['a', 'bc']).stream();
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
  await signed('https://api.example.com/v1/orders', init);
  equal(seen, 'ba7816bf abc');
}

async function givesUp(): Promise<void> {
  const send: typeof fetch = async () => {
    throw new TypeError('the connection broke');
  };
  const signed = createFetch(createSigner({ keyId: 'key_1', secret: SECRET }), { fetch: send });
  await throws(() => signed('https://h/', { signal: AbortSignal.timeout(20) }), 'TimeoutError');
}
