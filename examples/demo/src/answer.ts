/** HTTP/1.1 answers, read by hand from the bytes of a connection. It knows nothing of signatures but problem codes. */

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** `admitted` for 2xx; else the problem document's code, or `http-<status>` where there is none. */
  readonly code: string;
}

/**
 * The first answer in these bytes, and how many of them it takes; undefined while it is not complete.
 *
 * @param atEnd whether nothing more will come
 */
export function parseAnswer(
  bytes: Buffer,
  atEnd: boolean,
): { readonly answer: Answer; readonly length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const framed = parseBody(bytes.subarray(headEnd + 4), headers, atEnd);
  if (framed === undefined) return undefined;
  const { body, length } = framed;
  return { answer: { status, headers, body, code: codeOf(status, body) }, length: headEnd + 4 + length };
}

/** A field's value, by its name in lower case. */
export function fieldOf(
  message: { readonly headers: readonly (readonly [name: string, value: string])[] },
  name: string,
): string | undefined {
  return message.headers.find(([each]) => each.toLowerCase() === name)?.[1];
}

function parseBody(
  rest: Buffer,
  headers: Answer['headers'],
  atEnd: boolean,
): { readonly body: Buffer; readonly length: number } | undefined {
  const announced = fieldOf({ headers }, 'content-length');
  if (announced !== undefined) {
    const length = Number(announced);
    return rest.length < length ? undefined : { body: rest.subarray(0, length), length };
  }
  if (fieldOf({ headers }, 'transfer-encoding') === 'chunked') return parseChunks(rest);
  return atEnd ? { body: rest, length: rest.length } : undefined;
}

function parseChunks(rest: Buffer): { readonly body: Buffer; readonly length: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    at = start + size + 2;
    if (rest.length < at) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), length: at };
    chunks.push(rest.subarray(start, start + size));
  }
}

function codeOf(status: number, body: Buffer): string {
  if (status >= 200 && status < 300) return 'admitted';
  try {
    const { code } = JSON.parse(body.toString());
    if (typeof code === 'string') return code;
  } catch {
    // Not a problem document.
  }
  return `http-${status}`;
}
