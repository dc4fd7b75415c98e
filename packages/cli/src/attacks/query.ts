/** The query, changed on its way: also in manners that some parsers do not notice. */

import type { Attack } from '../probe/attack.js';
import type { Attacker } from '../probe/attacker.js';
import { extendedTarget } from '../probe/baseline.js';
import type { Draft } from '../probe/sign.js';
import { target } from './changes.js';
import { variantsAttack } from './variants.js';

const UNCOVERED = 'signatures that leave out the query, a path parameter or the body';

const changed = variantsAttack({
  id: 'query-changed',
  group: 'tampering',
  attack: 'The value or name of a query parameter changed.',
  catalogue: UNCOVERED,
  draft: withQuery,
  variants: [
    ['another value', swap('probe-tag=a', 'probe-tag=c')],
    ['another name', swap('probe-tag=a', 'probe-tug=a')],
    ['an empty value', swap('probe-tag=a', 'probe-tag=')],
    ['a value turned into an array item', swap('probe-tag=a', 'probe-tag[]=a')],
    ['a name in another case', swap('probe-tag=a', 'Probe-tag=a')],
  ],
});

const addedTo = variantsAttack({
  id: 'query-added',
  group: 'tampering',
  attack: 'A query parameter added.',
  catalogue: UNCOVERED,
  variants: [
    ['a parameter', target((text) => `${text}${text.includes('?') ? '&' : '?'}probe=1`)],
    [
      'a parameter in front',
      target((text) => (text.includes('?') ? text.replace('?', '?probe=1&') : `${text}?probe=1`)),
    ],
    ['a name without a value', target((text) => `${text}${text.includes('?') ? '&' : '?'}probe`)],
    ['__proto__', target((text) => `${text}${text.includes('?') ? '&' : '?'}__proto__[probe]=1`)],
  ],
});

const removed = variantsAttack({
  id: 'query-removed',
  group: 'tampering',
  attack: 'A query parameter, or the whole query, left out.',
  catalogue: 'repeated parameters collapsed',
  draft: withQuery,
  variants: [
    ['the whole query', target((text) => text.replace(/\?.*$/, ''))],
    ['the first of two values', swap('probe-tag=b&', '')],
    ['the second of two values', swap('probe-tag=a&', '')],
    ['the last parameter', swap('&probe-last=%61%26b', '')],
  ],
});

const reordered = variantsAttack({
  id: 'query-reordered',
  group: 'tampering',
  attack: 'Query parameters that a parser may take for one another, in another order.',
  catalogue: 'reordering `a+b` and `a%20b`, `a[b]` and `a`',
  draft: withQuery,
  variants: [
    ['two values of one name', swap('probe-tag=b&probe-tag=a', 'probe-tag=a&probe-tag=b')],
    ['x+y and x%20y', swap('probe+x=1&probe%20x=2', 'probe%20x=2&probe+x=1')],
    ['f[0] and f', swap('probe-list[0]=1&probe-list=2', 'probe-list=2&probe-list[0]=1')],
  ],
});

const respelled = variantsAttack({
  id: 'query-respelled',
  group: 'tampering',
  attack: 'Query values in another encoding, which is another value to some parser.',
  catalogue: 'equivalent encodings that split or merge budgets',
  draft: withQuery,
  variants: [
    ['%20 for +', swap('probe-note=a+b', 'probe-note=a%20b')],
    ['%2B for +', swap('probe-note=a+b', 'probe-note=a%2Bb')],
    ['a raw & for %26', swap('%61%26b', '%61&b')],
    ['encoded twice', swap('%61%26b', '%2561%26b')],
    ['; for &', swap('probe-tag=b&probe-tag=a', 'probe-tag=b;probe-tag=a')],
    ['%3D for =', swap('probe-tag=a', 'probe-tag%3Da')],
  ],
});

const invalidUtf8 = variantsAttack({
  id: 'query-invalid-utf8',
  group: 'tampering',
  attack: 'Bytes in the query that are no UTF-8, in place of others that decode to the same text.',
  catalogue: 'invalid UTF-8 bytes conflated',
  draft: ({ plan }) => ({ target: `${plan.target}${plan.target.includes('?') ? '&' : '?'}probe=%FF` }),
  variants: [
    ['%FE for %FF', swap('%FF', '%FE')],
    ['U+FFFD for %FF', swap('%FF', '%EF%BF%BD')],
    ['left out', swap('%FF', '')],
  ],
});

const shifted = variantsAttack({
  id: 'path-query-shifted',
  group: 'tampering',
  attack: 'The border between path and query moved, the characters being the same.',
  catalogue: 'concatenation without delimiters that lets a body become a path',
  draft: withQuery,
  variants: [
    ['the ? left out', target((text) => text.replace('?', ''))],
    ['the ? encoded', target((text) => text.replace('?', '%3F'))],
    ['the ? one character earlier', target((text) => text.replace(/(.)\?/, '?$1'))],
    ['the ? one character later', target((text) => text.replace(/\?(.)/, '$1?'))],
    ['an LF in place of the ?', target((text) => text.replace('?', '%0A'))],
  ],
});

/** Together with those of our own they are 1 000, the most that the protocol takes. */
const MANY = Array.from({ length: 1_000 }, (_, n) => `p=${n}`).join('&');

const parameter1001 = variantsAttack({
  id: 'parameter-1001',
  group: 'tampering',
  attack: 'A thousand and first query parameter behind a thousand signed ones.',
  catalogue: 'a thousand-and-first parameter left out',
  draft: ({ plan, baseline }) =>
    plan.url.search === '' && baseline.takesQuery
      ? { target: `${plan.target}?${MANY}` }
      : 'wants a URL without a query, and an application that takes any',
  variants: [
    ['one more behind', target((text) => `${text}&probe=1`)],
    ['one more in front', target((text) => text.replace('?', '?probe=1&'))],
  ],
});

export const query: readonly Attack[] = [
  changed,
  addedTo,
  removed,
  reordered,
  respelled,
  invalidUtf8,
  shifted,
  parameter1001,
];

function withQuery({ plan, baseline }: Attacker): Draft | string {
  if (baseline.takesQuery) return { target: extendedTarget(plan) };
  return 'the application refuses query parameters of ours, so there is none to try it with';
}

function swap(part: string, other: string): ReturnType<typeof target> {
  return target((text) => text.replace(part, other));
}
