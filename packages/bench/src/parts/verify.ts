/** Verifying and admitting, beside every peer that verifies, in the four sizes of the body. */
import { alternate, type Subject, timed } from '../alternate.js';
import type { Extent } from '../extent.js';
import { type Body, orderBody } from '../order-request.js';
import type { Comparison, Measured } from '../results.js';
import { verifyWithCountersign } from '../subjects/countersign.js';
import { floor, usualFloor } from '../subjects/floor.js';
import { verifyWithHawk, verifyWithHawkAndLimiter } from '../subjects/hawk.js';
import { verifyWithHmacAuthExpress } from '../subjects/hmac-auth-express.js';
import { verifyWithHttpMessageSignatures } from '../subjects/http-message-signatures.js';
import { verifyWithStandardWebhooks } from '../subjects/standard-webhooks.js';
import { floorFigures, SIZE_NAMES, turnsFor } from './sign.js';

/** All of them, the floor first. A peer's call rejects or throws when it does not accept what it signed. */
export function verifiers(body: Body, extent: Extent): readonly Subject[] {
  return [
    timed(floor(body, 'bytes'), extent),
    timed(usualFloor(body, 'bytes'), extent),
    timed(verifyWithCountersign(body), extent),
    timed(verifyWithHawk(body), extent),
    timed(verifyWithHawkAndLimiter(body), extent),
    timed(verifyWithHttpMessageSignatures(body), extent),
    timed(verifyWithHmacAuthExpress(body), extent),
    timed(verifyWithStandardWebhooks(body), extent),
  ];
}

export async function measureVerify(extent: Extent): Promise<Measured> {
  const comparisons: Comparison[] = [];
  for (const size of extent.sizes) {
    comparisons.push({
      id: `verify-${size}`,
      title: `Verifying and admitting, ${SIZE_NAMES[size]}`,
      unit: 'µs',
      better: 'less',
      rows: await alternate(verifiers(orderBody(size), extent), turnsFor(size, extent)),
    });
  }
  const [order] = comparisons;
  return { comparisons, figures: order === undefined ? {} : floorFigures('verify', order) };
}
