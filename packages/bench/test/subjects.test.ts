/** That the bench measures real work: what a peer has signed it accepts, and what was changed it refuses. */
import { describe, expect, it } from 'vitest';
import { orderBody, SIZES, type Size } from '../src/order-request.js';
import { COUNTERSIGN, verifyWithCountersign } from '../src/subjects/countersign.js';
import { verifyWithHawk, verifyWithHawkAndLimiter } from '../src/subjects/hawk.js';
import { verifyWithHmacAuthExpress } from '../src/subjects/hmac-auth-express.js';
import { verifyWithHttpMessageSignatures } from '../src/subjects/http-message-signatures.js';
import { verifyWithStandardWebhooks } from '../src/subjects/standard-webhooks.js';

const sizes = Object.keys(SIZES) as Size[];

describe('the request', () => {
  it.each(sizes)('has a body of exactly the bytes that its name says: %s', (size) => {
    const body = orderBody(size);
    expect(body.bytes).toHaveLength(SIZES[size]);
    expect(body.bytes.toString()).toBe(body.text);
  });
});

const VERIFIERS = [
  verifyWithCountersign,
  verifyWithHawk,
  verifyWithHawkAndLimiter,
  verifyWithHttpMessageSignatures,
  verifyWithHmacAuthExpress,
  verifyWithStandardWebhooks,
].map((verifier) => [verifier(orderBody('order')).name, verifier] as const);

describe.each(VERIFIERS)('%s', (name, verifier) => {
  it.each(sizes)('accepts what it has signed: %s', async (size) => {
    const { prepare, call } = verifier(orderBody(size)) as ReturnType<typeof verifyWithHawk>;
    for (const item of await prepare(3)) await call(item);
  });

  it('refuses what was signed over another body', async () => {
    const { prepare } = verifier(orderBody('order')) as ReturnType<typeof verifyWithHawk>;
    const { call } = verifier(orderBody('16k')) as ReturnType<typeof verifyWithHawk>;
    const [item] = await prepare(1);
    await expect(async () => call(item as NonNullable<typeof item>)).rejects.toThrow();
  });

  if (name === COUNTERSIGN || name.includes('Map')) {
    it('refuses what it has admitted before', async () => {
      const { prepare, call } = verifier(orderBody('order')) as ReturnType<typeof verifyWithHawk>;
      const [item] = await prepare(1);
      await call(item as NonNullable<typeof item>);
      await expect(async () => call(item as NonNullable<typeof item>)).rejects.toThrow();
    });
  }
});
