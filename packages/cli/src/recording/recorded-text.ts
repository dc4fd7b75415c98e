/**
 * A recorded request as people have it: bytes from a socket, text with LF line ends from an editor, or what `curl -v`
 * printed. Brings the head into the form of HTTP/1.1 and says what it took it for; Node's own parser reads it then.
 */
import { UsageError } from '../terminal/usage-error.js';

/** A request ready for an HTTP/1.1 parser. */
interface RecordedText {
  readonly bytes: Buffer;
  /** Whether a body can be in the recording at all: `curl -v` prints none. */
  readonly holdsBody: boolean;
  /** What was read into it, for the one who asks. */
  readonly notes: readonly string[];
}

const REQUEST_LINE = /^[!-~]+ .+ HTTP\/(\d(?:\.\d)?)\r?$/;
const CURL_LINE = /^> ?(.*?)\r?$/;
const WHAT_IS_EXPECTED =
  'expected a recorded HTTP/1.1 request: a request line such as "GET /v1/orders HTTP/1.1", header lines, an empty line, the body';
/** A request line longer than this is refused by every parser. */
const MAX_LINE_BYTES = 65_536;

/** Whether these bytes begin as a recorded request does, or as what `curl -v` prints of one. */
export function looksRecorded(bytes: Uint8Array): boolean {
  return REQUEST_LINE.test(firstLine(Buffer.from(bytes))) || curlHead(bytes) !== undefined;
}

/** @throws UsageError when there is no request line, or no empty line after the head */
export function recordedText(place: string, given: Uint8Array): RecordedText {
  if (given.length === 0) throw new UsageError(`${place}: it is empty; ${WHAT_IS_EXPECTED}`);
  const bytes = Buffer.from(given);
  if (!REQUEST_LINE.test(firstLine(bytes))) {
    const curl = curlHead(bytes);
    if (curl === undefined) throw new UsageError(`${place}: ${WHAT_IS_EXPECTED}`);
    const notes = ['read from the "> " lines of curl -v, which prints no body'];
    return { ...asHttp1(Buffer.from(curl, 'latin1'), notes), holdsBody: false };
  }
  const crlf = bytes.indexOf('\r\n\r\n');
  const lf = bytes.indexOf('\n\n');
  if (crlf < 0 && lf < 0) {
    throw new UsageError(`${place}: no empty line ends the head; add it, and the body behind it`);
  }
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return { ...asHttp1(bytes, []), holdsBody: true };
  const head = bytes.toString('latin1', 0, lf).replace(/\r?\n/g, '\r\n');
  const body = bytes.subarray(lf + '\n\n'.length);
  const joined = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body]);
  return { ...asHttp1(joined, ['line ends of the head: LF, read as CR LF']), holdsBody: true };
}

/** Tools show requests of HTTP/2 and HTTP/3 with this request line; what they hold is the same. */
function asHttp1(bytes: Buffer, notes: readonly string[]): Pick<RecordedText, 'bytes' | 'notes'> {
  const line = firstLine(bytes);
  const version = REQUEST_LINE.exec(line)?.[1] ?? '';
  if (!/^[23]/.test(version)) return { bytes, notes };
  const rewritten = line.trimEnd().replace(/HTTP\/[\d.]+$/, 'HTTP/1.1');
  const rest = bytes.subarray(bytes.indexOf('\r\n'));
  return {
    bytes: Buffer.concat([Buffer.from(rewritten, 'latin1'), rest]),
    notes: [...notes, `shown as HTTP/${version}, read as HTTP/1.1`],
  };
}

/** The head of the first request in the output of `curl -v`; `undefined` when this is none. */
function curlHead(bytes: Uint8Array): string | undefined {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const start = lines.findIndex((line) => REQUEST_LINE.test(CURL_LINE.exec(line)?.[1] ?? ''));
  if (start < 0) return undefined;
  const head: string[] = [];
  for (const line of lines.slice(start)) {
    const field = CURL_LINE.exec(line)?.[1];
    if (field === undefined || field === '') break;
    head.push(field);
  }
  return `${head.join('\r\n')}\r\n\r\n`;
}

function firstLine(bytes: Buffer): string {
  const end = bytes.indexOf('\n');
  return bytes.toString('latin1', 0, Math.min(end < 0 ? bytes.length : end, MAX_LINE_BYTES));
}
