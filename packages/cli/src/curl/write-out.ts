/** What -w prints when all is done. A variable that this command does not know is refused before anything is sent. */
import { readFileSync } from 'node:fs';
import { fieldValue } from '../request/header-lines.js';
import { asUsage, UsageError } from '../terminal/usage-error.js';
import type { ReceivedHead } from './transport.js';

/** What is known when a transfer has ended. */
interface Transfer {
  readonly method: string;
  readonly url: URL;
  /** The head of the last answer; absent when there was none. */
  readonly head: ReceivedHead | undefined;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** How often something was sent. */
  readonly sends: number;
  readonly elapsedMs: number;
  readonly exitStatus: number;
  readonly error: string;
}

const VARIABLES: Readonly<Record<string, (transfer: Transfer) => string | number>> = {
  http_code: ({ head }) => String(head?.status ?? 0).padStart(3, '0'),
  response_code: ({ head }) => String(head?.status ?? 0).padStart(3, '0'),
  http_version: ({ head }) => head?.httpVersion ?? '0',
  content_type: ({ head }) => fieldValue(head?.lines ?? [], 'content-type') ?? '',
  redirect_url: ({ head, url }) => {
    const location = fieldValue(head?.lines ?? [], 'location');
    return location !== undefined && URL.canParse(location, url.href) ? new URL(location, url).href : '';
  },
  size_download: ({ downloadedBytes }) => downloadedBytes,
  size_upload: ({ uploadedBytes }) => uploadedBytes,
  time_total: ({ elapsedMs }) => (elapsedMs / 1000).toFixed(6),
  num_connects: ({ sends }) => sends,
  method: ({ method }) => method,
  url_effective: ({ url }) => url.href,
  scheme: ({ url }) => url.protocol.slice(0, -1),
  exitcode: ({ exitStatus }) => exitStatus,
  errormsg: ({ error }) => error,
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
const PIECES = /%%|%header\{([^}]*)\}|%\{([^}]*)\}|\\([nrt\\])/g;

/**
 * Reads a format; `@file` names a file that holds it.
 *
 * @throws UsageError that names a variable it does not know
 */
export function readWriteOut(given: string): (transfer: Transfer) => string {
  const format = given.startsWith('@') ? asUsage('-w', () => readFileSync(given.slice(1), 'utf8')) : given;
  for (const [, , variable] of format.matchAll(PIECES)) {
    if (variable !== undefined && !Object.hasOwn(VARIABLES, variable)) {
      const known = Object.keys(VARIABLES).join(' ');
      throw new UsageError(`-w: unknown variable %{${variable}}; known: ${known}, %header{name}`);
    }
  }
  return (transfer) =>
    format.replace(PIECES, (piece, header?: string, variable?: string, control?: string) => {
      if (header !== undefined) return fieldValue(transfer.head?.lines ?? [], header.toLowerCase()) ?? '';
      if (variable !== undefined) return String(VARIABLES[variable]?.(transfer) ?? '');
      return control === undefined ? piece.slice(1) : (ESCAPES[control] ?? '');
    });
}
