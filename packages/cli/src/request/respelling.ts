/**
 * What the canonical form changed in a path or a query, in words. It asks `canonicalTarget` how each piece is written
 * and knows no rule of its own.
 */
import { canonicalTarget } from '@countersign/canonical';

const PIECES = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9]/g;
const SHOWN = 4;

/** What became of a path on its way from the text that was typed to the canonical string. */
export function pathNotes(typed: string, sent: string): readonly string[] {
  const raw = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*([^?#]*)/i.exec(typed)?.[1] ?? '';
  const asSent = raw === sent || (raw === '' && sent === '/') ? [] : [`sent as ${sent}`];
  return [...asSent, ...respelled(sent, (piece) => canonicalTarget(`/x${piece}x`).path.slice(2, -1))];
}

/** The same of a query. */
export function queryNotes(sent: string, canonical: string): readonly string[] {
  const notes = respelled(sent, (piece) => canonicalTarget(`/?${piece}`).query);
  const sameOrder = sent.split('&').map(canonicalPiece).join('&') === canonical;
  return sameOrder ? notes : [...notes, 'sorted by name'];
}

function canonicalPiece(piece: string): string {
  return canonicalTarget(`/?${piece}`).query;
}

function respelled(text: string, canonical: (piece: string) => string): readonly string[] {
  const changed = new Map<string, string>();
  for (const [piece] of text.matchAll(PIECES)) {
    const spelling = canonical(piece);
    if (spelling !== piece) changed.set(piece, spelling);
  }
  const shown = [...changed].slice(0, SHOWN).map(([piece, spelling]) => `${piece} becomes ${spelling}`);
  return changed.size > SHOWN ? [...shown, `${changed.size - SHOWN} more respelled`] : shown;
}
