/** Every line of a canonical string with the name of its part and where it comes from. It computes none of them. */
import { SCHEME } from '@countersign/canonical';
import type { Paint } from '../terminal/paint.js';
import { visible } from '../terminal/visible.js';
import { pathNotes, queryNotes } from './respelling.js';
import type { SignedText } from './signed-text.js';

interface ExplainedLine {
  /** Counted from 1. */
  readonly line: number;
  readonly part: string;
  readonly text: string;
  /** In words. */
  readonly source: string;
}

/** Where a request's parts came from. */
interface Sources {
  /** The URL as it was typed. */
  readonly typedUrl: string;
  readonly url: URL;
  /** Whether the audience was named, and by what. */
  readonly audience: string | undefined;
  readonly body: { readonly bytes: number; readonly source: string } | undefined;
  readonly ts: string;
  readonly nonce: string;
  readonly key: string;
  readonly scope: string;
}

/** Explains a canonical string line by line. */
export function explainLines({ canonical, parts }: SignedText, sources: Sources): readonly ExplainedLine[] {
  const { url, body } = sources;
  const search = url.search.slice(1);
  const named: readonly (readonly [part: string, source: string])[] = [
    ['scheme', `always ${SCHEME}`],
    ['method', 'METHOD, as given'],
    ['audience', sources.audience ?? hostSource(url)],
    ['path', sentence("the URL's path", pathNotes(sources.typedUrl, url.pathname))],
    [
      'query',
      search === ''
        ? 'empty: the URL has no query'
        : sentence("the URL's query", queryNotes(search, parts.query)),
    ],
    [
      'digest',
      body === undefined
        ? 'SHA-256 of 0 bytes: no body'
        : `SHA-256 of ${body.bytes} byte${body.bytes === 1 ? '' : 's'} of body, ${body.source}`,
    ],
    ['ts', sources.ts],
    ['nonce', sources.nonce],
    ['key', sources.key],
    ['scope', sources.scope],
    ...parts.headers.map(([name]) => [`header ${name}`, `-H ${name}, which is signed when present`] as const),
  ];
  const lines = canonical.split('\n');
  return named.map(([part, source], index) => ({
    line: index + 1,
    part,
    text: lines[index] ?? '',
    source,
  }));
}

const WIDEST = 64;

/** The lines as a table: number, part, the line itself, its source; the signature below them. */
export function formatExplanation(lines: readonly ExplainedLine[], sig: string, paint: Paint): string {
  const partWidth = Math.max(...lines.map(({ part }) => part.length));
  const textWidth = Math.min(WIDEST, Math.max(...lines.map(({ text }) => visible(text).length)));
  const row = (number: string, part: string, text: string, source: string): string =>
    `${number.padStart(2)}  ${paint('cyan', part.padEnd(partWidth))}  ${text.padEnd(textWidth)}  ${paint('dim', source)}\n`;
  const rows = lines.map(({ line, part, text, source }) => row(String(line), part, visible(text), source));
  return rows.join('') + row('', 'sig', sig, 'HMAC-SHA256 of these lines, joined by LF, under the secret');
}

function hostSource(url: URL): string {
  return url.port === '80' || url.port === '443' || url.port === ''
    ? "the URL's host, without the default port"
    : "the URL's host and port";
}

function sentence(start: string, notes: readonly string[]): string {
  return notes.length === 0 ? `${start}, as it is` : `${start}: ${notes.join(', ')}`;
}
