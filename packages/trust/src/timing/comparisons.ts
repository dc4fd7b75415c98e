/** The comparison of MACs: does where two texts differ show in the time? The control stops at the first difference. */
import { createHash } from 'node:crypto';
import { constantTimeEqual } from '@countersign/canonical';
import { POOL, type Subject } from './measure.js';

const macs = Array.from({ length: POOL }, (_, i) => createHash('sha256').update(`mac ${i}`).digest('hex'));
/** Each MAC with one wrong digit: the first, or the last. */
const wrong = [macs.map((mac) => withDigit(mac, 0)), macs.map((mac) => withDigit(mac, 63))] as const;

function withDigit(mac: string, at: number): string {
  const digit = ((Number.parseInt(mac.charAt(at), 16) + 1) % 16).toString(16);
  // From bytes, as a text from a wire is: one that is glued together is flattened at its first reading.
  return Buffer.from(mac.slice(0, at) + digit + mac.slice(at + 1)).toString('latin1');
}

function equalUntilTheyDiffer(a: string, b: string): boolean {
  for (let i = 0; i < a.length; i++) if (a.charCodeAt(i) !== b.charCodeAt(i)) return false;
  return true;
}

/** Results are kept, or the compiler would leave the calls out. */
let equal = 0;

function comparison(name: string, compare: typeof constantTimeEqual, samples: number): Subject {
  return {
    name,
    about: 'a MAC whose first digit is wrong, and one whose last digit is',
    calls: 32,
    samples,
    call: (kind, index) => {
      if (compare(macs[index] ?? '', wrong[kind][index] ?? '')) equal++;
    },
  };
}

export function comparisons(samples: number): Subject[] {
  return [
    comparison('constantTimeEqual', constantTimeEqual, samples),
    { ...comparison('control: stops at the first difference', equalUntilTheyDiffer, samples), control: true },
  ];
}

/** How many were found equal: none. */
export function foundEqual(): number {
  return equal;
}
