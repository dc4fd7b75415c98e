/** Signing, beside every peer that signs, in the four sizes of the body. */
import { alternate, type Call, type Turns, timed } from '../alternate.js';
import type { Extent } from '../extent.js';
import { type Body, orderBody, type Size } from '../order-request.js';
import { type Comparison, type Measured, ratioOf } from '../results.js';
import { COUNTERSIGN, signWithCountersign } from '../subjects/countersign.js';
import { floor, USUAL_FLOOR, usualFloor } from '../subjects/floor.js';
import { signWithHawk } from '../subjects/hawk.js';
import { signWithHmacAuthExpress } from '../subjects/hmac-auth-express.js';
import { signWithHttpMessageSignatures } from '../subjects/http-message-signatures.js';
import { signWithAws4, signWithAws4fetch, signWithSmithy } from '../subjects/sigv4.js';
import { signWithStandardWebhooks } from '../subjects/standard-webhooks.js';

/** All of them, the floor first. */
export function signers(body: Body): readonly Call<undefined>[] {
  return [
    floor(body, 'text'),
    usualFloor(body, 'text'),
    signWithCountersign(body),
    signWithHawk(body),
    signWithAws4(body),
    signWithSmithy(body),
    signWithAws4fetch(body),
    signWithHttpMessageSignatures(body),
    signWithStandardWebhooks(body),
    signWithHmacAuthExpress(body),
  ];
}

export const SIZE_NAMES: Readonly<Record<Size, string>> = {
  order: '334 bytes of JSON',
  none: 'no body',
  '16k': '16 KiB of JSON',
  '1m': '1 MiB of JSON',
};

export async function measureSign(extent: Extent): Promise<Measured> {
  const comparisons: Comparison[] = [];
  for (const size of extent.sizes) {
    const body = orderBody(size);
    const subjects = signers(body).map((call) => timed(call, extent));
    comparisons.push({
      id: `sign-${size}`,
      title: `Signing, ${SIZE_NAMES[size]}`,
      unit: 'µs',
      better: 'less',
      rows: await alternate(subjects, turnsFor(size, extent)),
    });
  }
  const [order] = comparisons;
  return { comparisons, figures: order === undefined ? {} : floorFigures('sign', order) };
}

/** Our ratio to the floor, and to the usual way of computing the same hashes. */
export function floorFigures(name: string, comparison: Comparison): Record<string, number> {
  const ratio = ratioOf(comparison, COUNTERSIGN);
  return { [name]: ratio, [`${name}-usual`]: ratio / ratioOf(comparison, USUAL_FLOOR) };
}

/** The sizes beside the usual one get about half the rounds, by code that is warm already. */
export function turnsFor(size: Size, { rounds, warmUpTurns }: Extent): Turns {
  return size === 'order' ? { rounds, warmUpTurns } : { rounds: Math.ceil(rounds / 2), warmUpTurns: 1 };
}
