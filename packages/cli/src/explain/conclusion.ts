/** What two pieces of evidence come to: a difference with its cause and fix, none, or a refusal of another kind. */
import { type Difference, explainDifference, fixFor } from '@countersign/canonical';
import { REFUSALS } from '@countersign/server';
import { UsageError } from '../terminal/usage-error.js';
import { ADVICE } from './advice.js';
import type { Evidence } from './evidence.js';
import type { DebugLine } from './server-answer.js';

export type Conclusion =
  | { readonly kind: 'equal'; readonly notes: readonly string[] }
  | {
      readonly kind: 'different';
      readonly difference: Difference;
      readonly fix: string;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'refused'; readonly title: string; readonly says: string; readonly fix: string };

const SAME_SIGNATURE = new Set(['ts', 'nonce', 'key']);

/** @throws UsageError when the server's answer tells too little */
export function conclude(client: Evidence, server: Evidence): Conclusion {
  const ours = client.text ?? '';
  const { text, answer } = server;
  if (answer === undefined) {
    const compared = compare(ours, text ?? '');
    return compared.kind === 'equal' ? { kind: 'equal', notes: suspicions(client, server) } : compared;
  }
  const { code, debug } = answer;
  if (code !== undefined && code !== 'invalid-signature') {
    const { status, title, detail } = REFUSALS[code];
    return { kind: 'refused', title: `${code} (${status}): ${title}`, says: detail, fix: ADVICE[code] };
  }
  if (debug === undefined) {
    throw new UsageError(
      'the answer does not say what the server saw: send the request with the signer option debug: true to a verifier with debug: true, or give the request as the server received it',
    );
  }
  return debug === 'none' ? { kind: 'equal', notes: suspicions(client, server) } : compareLine(ours, debug);
}

/** What was put down to pasting, and is the difference if it was not. */
function suspicions(client: Evidence, server: Evidence): string[] {
  const of = (side: string, { undone = [] }: Evidence): string[] =>
    undone.map((what) => `${side}: ${what}; if that is in the text that is MACed, it is the difference`);
  return [...of('client', client), ...of('server', server)];
}

function compare(client: string, server: string): Conclusion {
  const difference = explainDifference(client, server);
  if (difference === undefined) return { kind: 'equal', notes: [] };
  const further = furtherParts(client, server, difference.line);
  const notes = further.length === 0 ? [] : [`further on differ: ${further.join(', ')}`];
  if (difference.line < 7 && further.some((part) => SAME_SIGNATURE.has(part))) {
    notes.push('time, nonce or key differ as well: are these two texts of one request, sent once?');
  }
  return { kind: 'different', difference, fix: fixFor(difference), notes };
}

/** The parts that differ behind a line: each explained as if it were the first. */
function furtherParts(client: string, server: string, line: number): string[] {
  const [ours, theirs] = [client.split('\n'), server.split('\n')];
  const parts: string[] = [];
  // Behind a field that one side lacks, every line differs, and says nothing.
  const end = ours.length === theirs.length ? ours.length : Math.min(10, ours.length, theirs.length);
  for (let at = line; at < end; at++) {
    const [one, other] = [ours[at] ?? '', theirs[at] ?? ''];
    const found = explainDifference(aloneAt(at + 1, one), aloneAt(at + 1, other));
    if (found !== undefined) parts.push(found.part);
  }
  return parts;
}

/** The server tells one line of each side; the client's own text shows whether it is of this request. */
function compareLine(ours: string, { line, client, server }: DebugLine): Conclusion {
  const difference = explainDifference(aloneAt(line, client), aloneAt(line, server));
  if (difference === undefined) throw new UsageError('the debug member tells two lines that are the same');
  const notes =
    ours.split('\n')[line - 1] === client
      ? []
      : [
          "the client's line in the answer is not that of the text you gave: the answer is about another request",
        ];
  return { kind: 'different', difference, fix: fixFor(difference), notes };
}

/** A text with one line at its place and nothing before it, or one that ends before it. */
function aloneAt(line: number, text: string | undefined): string {
  return text === undefined ? '\n'.repeat(Math.max(0, line - 2)) : '\n'.repeat(line - 1) + text;
}
