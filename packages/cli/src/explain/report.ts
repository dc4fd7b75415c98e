/** What `explain` prints. */
import type { Paint } from '../terminal/paint.js';
import { visible } from '../terminal/visible.js';
import type { Conclusion } from './conclusion.js';
import type { Evidence } from './evidence.js';
import { markDifference } from './show-difference.js';

/** The two inputs, by the names that they were given. */
interface NamedEvidence {
  readonly name: string;
  readonly evidence: Evidence;
}

const EQUAL = `The two canonical strings are equal: the secret differs, or the key is not usable.

Check that both sides have the secret of this key id, as text with its cs1s_ or as the bytes that it stands for; that
what is MACed is exactly this text, with nothing after the last line; and that the server has the key enabled, from
notBefore to expiresAt. With the secret that the server has: countersign verify <recorded request> --explain
`;

export function formatConclusion(
  client: NamedEvidence,
  server: NamedEvidence,
  conclusion: Conclusion,
  paint: Paint,
): string {
  const width = Math.max(client.name.length, server.name.length);
  const taken = (side: string, { name, evidence }: NamedEvidence): string =>
    `${side}  ${name.padEnd(width)}  ${paint('dim', evidence.takenFor)}\n`;
  const head = `${taken('client', client)}${taken('server', server)}\n`;
  switch (conclusion.kind) {
    case 'equal':
      return head + EQUAL + formatNotes(conclusion.notes, '\n');
    case 'refused':
      return `${head}${paint('red', conclusion.title)}\n\nSays:  ${conclusion.says}\nFix:   ${conclusion.fix}\n`;
    case 'different':
      return head + formatDifference(conclusion, paint);
  }
}

export function formatDifference(
  { difference, fix, notes }: Extract<Conclusion, { kind: 'different' }>,
  paint: Paint,
): string {
  const { line, part, client, server, cause } = difference;
  const [ours, theirs] = markDifference(client ?? '', server ?? '');
  const side = (name: string, given: string | undefined, { text, marks }: typeof ours): string =>
    given === undefined
      ? `  ${name}  ${paint('dim', '(no such line)')}\n`
      : `  ${name}  ${text}\n  ${' '.repeat(name.length)}  ${paint('red', marks)}\n`;
  return [
    `Line ${line}, ${visible(part.trim())}, differs:\n\n`,
    side('client', client, ours),
    side('server', server, theirs),
    `\nCause: ${visible(cause)}\nFix:   ${visible(fix)}\n`,
    formatNotes(notes, ''),
  ].join('');
}

function formatNotes(notes: readonly string[], before: string): string {
  return notes.length === 0 ? '' : before + notes.map((note) => `Note:  ${visible(note)}\n`).join('');
}
