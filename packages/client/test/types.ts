/** What must compile, and what must not. Compiled by tsc with the tests; nothing here runs. */
import type { Dispatcher } from 'undici';
import { Agent } from 'undici';
import {
  CountersignError,
  createFetch,
  createSigner,
  OutcomeUnknownError,
  RateLimitedError,
} from '../src/index.js';
import { countersign, type SignedDispatchOptions } from '../src/undici/index.js';

const signer = createSigner({ keyId: 'k', secret: new Uint8Array(32) });
const fields: Record<string, string> = signer.sign({ method: 'GET', url: new URL('https://a.example/') });
signer.sign({
  method: 'GET',
  target: '/',
  audience: 'a.example',
  headers: new Headers(fields),
  body: new ArrayBuffer(1),
});
signer.sign({ method: 'GET', target: '/', headers: [['a', 'b']] as const, body: Buffer.from('') });
const request: Promise<Request> = signer.signRequest(new Request('https://a.example/'), { scope: 'a' });

// A drop-in: assignable to fetch, and callable with what fetch is called with.
const signed: typeof fetch = createFetch(signer);
signed('https://a.example/', { method: 'POST', body: new FormData(), signal: AbortSignal.timeout(1) });
createFetch(signer, { fetch, attempts: 1 })(new URL('https://a.example/'), { scope: 'a', digest: '' });

const agent: Dispatcher = new Agent().compose(countersign(signer, { origins: ['https://a.example'] }));
const options: Dispatcher.RequestOptions & SignedDispatchOptions = { method: 'GET', path: '/', scope: 'a' };

function handle(error: unknown): number | undefined | Response {
  if (error instanceof RateLimitedError) return error.retryAtMs;
  if (error instanceof OutcomeUnknownError) return error.lastResponse;
  if (error instanceof CountersignError && error.outcome === 'not-admitted') return 0;
  return undefined;
}

// @ts-expect-error keyId is required
createSigner({ secret: '' });
// @ts-expect-error a secret is text or bytes
createSigner({ keyId: 'k', secret: 5 });
// @ts-expect-error a stream cannot be signed synchronously
signer.sign({ method: 'POST', url: '', body: new ReadableStream() });
// @ts-expect-error method is required
signer.sign({ url: '' });
// @ts-expect-error a signer is what createSigner returns
createFetch({ sign: signer.sign });
// @ts-expect-error no such option
createFetch(signer, { retries: 3 });
// @ts-expect-error the base class is not thrown by itself
new CountersignError('unknown', '');

export { agent, handle, options, request };
