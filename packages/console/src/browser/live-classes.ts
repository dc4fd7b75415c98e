/**
 * What verdicts look like to a person: eight classes, in the order in which they are stacked and listed. A class has a
 * colour (`--<id>` in live.css), a sign of its own shape (`#<id>` in live.html) and a label, so none depends on colour.
 */
import type { VerdictCode } from '../wire.js';

interface VerdictClass {
  readonly id: string;
  readonly label: string;
  /** For whoever has not met it: what such a verdict means. */
  readonly means: string;
  readonly codes: readonly VerdictCode[];
}

export const CLASSES: readonly VerdictClass[] = [
  {
    id: 'admitted',
    label: 'Admitted',
    means: 'proved, and counted once',
    codes: ['admitted'],
  },
  {
    id: 'replayed',
    label: 'Replayed',
    means: 'a signature that was admitted before',
    codes: ['replayed-nonce'],
  },
  {
    id: 'tampered',
    label: 'Tampered',
    means: 'not the request that was signed, or not the key',
    codes: ['invalid-signature', 'digest-mismatch'],
  },
  {
    id: 'limited',
    label: 'Over budget',
    means: 'a budget is spent, or an address sends too much that is refused',
    codes: ['rate-limited', 'too-many-failures'],
  },
  {
    id: 'stale',
    label: 'Out of time',
    means: 'signed too long ago, or in the future',
    codes: ['stale-timestamp', 'future-timestamp'],
  },
  {
    id: 'forbidden',
    label: 'Not granted',
    means: 'another scope, or another service',
    codes: ['scope-mismatch', 'scope-not-granted', 'wrong-audience'],
  },
  {
    id: 'malformed',
    label: 'Unsigned',
    means: 'without a signature, or nothing that could be verified',
    codes: [
      'missing-signature',
      'malformed-signature',
      'malformed-request',
      'malformed-target',
      'ambiguous-target',
      'body-too-large',
      'body-timeout',
    ],
  },
  {
    id: 'unavailable',
    label: 'Unavailable',
    means: 'the store or the key directory could not tell',
    codes: ['store-unavailable', 'store-recovering'],
  },
];

const INDEX_BY_CODE: ReadonlyMap<string, number> = new Map(
  CLASSES.flatMap(({ codes }, index) => codes.map((code): [string, number] => [code, index])),
);

/** The place in `CLASSES` of a code's class. A code of a later version counts as malformed rather than not at all. */
export function classIndexOf(code: string): number {
  return INDEX_BY_CODE.get(code) ?? CLASSES.findIndex(({ id }) => id === 'malformed');
}

/** The place in `CLASSES` of a class. */
export function classIndex(id: string): number {
  return CLASSES.findIndex((one) => one.id === id);
}
