/** What -v shows of each exchange: what was signed, both heads, the verdict, the budgets. */
import { fieldValue } from '../request/header-lines.js';
import { signedText } from '../request/signed-text.js';
import { visible } from '../terminal/visible.js';
import { budgetLines } from './budget-lines.js';
import type { ReceivedHead, SentRequest } from './transport.js';
import { type VerdictReading, verdictLine } from './verdict-line.js';

export interface TraceOptions {
  /** Named, if it is not the URL's host. */
  readonly audience: string | undefined;
  /** The field that carries the signature, in lower case. */
  readonly header: string;
}

/** The lines about a request. */
export function requestLines(sent: SentRequest, { audience, header }: TraceOptions): readonly string[] {
  const { method, url, lines, bodyBytes } = sent;
  const shown: string[] = [];
  if (fieldValue(lines, header) === undefined) {
    shown.push('* not signed: another origin than the one that was called');
  } else {
    const { canonical } = signedText({ method, url, headers: lines }, { audience, header });
    shown.push('* signed, line by line:');
    canonical.split('\n').forEach((line, index) => {
      shown.push(`* ${String(index + 1).padStart(2)} ${visible(line)}`);
    });
  }
  shown.push(`> ${method} ${url.pathname}${url.search} HTTP/1.1`, ...lines.map(fieldLine('>')), '>');
  if (bodyBytes > 0) shown.push(`* body: ${bodyBytes} bytes`);
  return shown;
}

/** The lines about an answer. */
export function answerLines(head: ReceivedHead, reading: VerdictReading): readonly string[] {
  const budgets = budgetLines(
    fieldValue(head.lines, 'ratelimit') ?? null,
    fieldValue(head.lines, 'ratelimit-policy') ?? null,
  );
  return [
    `< ${visible(statusLine(head))}`,
    ...head.lines.map(fieldLine('<')),
    '<',
    `* ${verdictLine(reading)}`,
    ...budgets.map((line) => `* ${visible(line)}`),
  ];
}

export function statusLine({ httpVersion, status, statusText }: ReceivedHead): string {
  return `HTTP/${httpVersion} ${status} ${statusText}`.trimEnd();
}

const MAX_PROBLEM_CHARACTERS = 64 * 1024;

/** What a server in debug mode says of a signature that does not match (its problem document); none for anything else. */
export function debugLines(contentType: string | null, body: string): readonly string[] {
  if (!/^application\/problem\+json/i.test(contentType ?? '') || body.length > MAX_PROBLEM_CHARACTERS)
    return [];
  const { debug } = parseObject(body);
  const { line, part, client, server, cause } =
    typeof debug === 'object' && debug !== null ? { ...debug } : {};
  if (typeof cause !== 'string') return [];
  const place = typeof line === 'number' && typeof part === 'string' ? `line ${line}, ${part}: ` : '';
  const side = (name: string, text: unknown): string[] =>
    typeof text === 'string' ? [`*   ${name} ${visible(text)}`] : [];
  return [
    `* the server explains: ${visible(place + cause)}`,
    ...side('signed:    ', client),
    ...side('it saw:    ', server),
  ];
}

interface Problem {
  readonly debug?: Readonly<Partial<Record<'line' | 'part' | 'client' | 'server' | 'cause', unknown>>>;
}

function parseObject(text: string): Problem {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? read : {};
  } catch {
    return {};
  }
}

function fieldLine(sign: string): (line: readonly [name: string, value: string]) => string {
  return ([name, value]) => `${sign} ${name}: ${visible(value)}`;
}
