/** Requests of a key's holder that are too old or from the future. */
import type { Attack } from '../probe/attack.js';
import { signedParameter } from './changes.js';
import { type Variant, variantsAttack } from './variants.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Far beyond any tolerance that makes sense; the endpoint's own is not known here. */
const STALE: readonly (readonly [string, number])[] = [
  ['an hour old', HOUR_MS],
  ['a day old', DAY_MS],
  ['a year old', 365 * DAY_MS],
];
const AHEAD: readonly (readonly [string, number])[] = [
  ['an hour ahead', HOUR_MS],
  ['a day ahead', DAY_MS],
  ['a year ahead', 365 * DAY_MS],
];

const stale = variantsAttack({
  id: 'stale-time',
  group: 'times',
  attack: 'A request that is well signed, and old.',
  variants: [
    ...STALE.map(
      ([what, ageMs]): Variant => [what, signedParameter('ts', (ts) => String(Number(ts) - ageMs))],
    ),
    ['of 2001', signedParameter('ts', '1000000000000')],
  ],
});

const future = variantsAttack({
  id: 'future-time',
  group: 'times',
  attack: 'A request that is well signed, for a time to come.',
  catalogue: "a fast clock's signature that becomes fresh later",
  variants: [
    ...AHEAD.map(
      ([what, aheadMs]): Variant => [what, signedParameter('ts', (ts) => String(Number(ts) + aheadMs))],
    ),
    ['of 2286', signedParameter('ts', '9999999999999')],
  ],
});

export const times: readonly Attack[] = [stale, future];
