/**
 * Texts of a request target in two spellings that have one canonical form (spec 2.2, path and query). The raw
 * material of paths and queries; it knows nothing of their structure.
 */
import fc from 'fast-check';

/** Two raw texts with one canonical form. Often, but not always, they differ. */
export interface Respelled {
  readonly raw: string;
  readonly respelled: string;
}

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
/** Visible characters that have no raw place in a canonical path or query. */
const ALWAYS_ESCAPED = /^["<>[\]^`{|}]$/;

/** Every way to write one octet: a raw character, or `%XX`. The first is the plainest. */
export function spellingsOf(unit: string): readonly string[] {
  const octet = unit.startsWith('%') ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0);
  const char = String.fromCharCode(octet);
  const hex = octet.toString(16).padStart(2, '0');
  const escapes = [`%${hex.toUpperCase()}`, `%${hex}`];
  if (UNRESERVED.test(char)) return [char, ...escapes];
  if (ALWAYS_ESCAPED.test(char)) return [...escapes, char];
  return unit.startsWith('%') ? escapes : [char];
}

/** One text of `texts`, spelled twice: each of its characters and escapes in any of its spellings. */
export function respelledOneOf(...texts: readonly string[]): fc.Arbitrary<Respelled> {
  const choices = fc.array(fc.nat(2), { minLength: 4, maxLength: 4 });
  return fc
    .tuple(fc.constantFrom(...texts), choices, choices)
    .map(([text, first, second]) => ({ raw: spell(text, first), respelled: spell(text, second) }));
}

function spell(text: string, choices: readonly number[]): string {
  const units = text.match(/%[0-9A-Fa-f]{2}|./gs) ?? [];
  return units
    .map((unit, i) => {
      const spellings = spellingsOf(unit);
      return spellings[(choices[i % choices.length] ?? 0) % spellings.length] ?? unit;
    })
    .join('');
}

/** Joins respelled texts, in both spellings, with the same text between them. */
export function joinRespelled(parts: readonly Respelled[], separator = ''): Respelled {
  return {
    raw: parts.map(({ raw }) => raw).join(separator),
    respelled: parts.map(({ respelled }) => respelled).join(separator),
  };
}
