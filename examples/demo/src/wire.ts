/**
 * HTTP/1.1 by hand: an attacker's requests need bytes that no HTTP client would send. It writes what it is given,
 * reads one answer at a time, and knows nothing of signatures.
 */
import { connect, type Socket } from 'node:net';

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Field lines in their order, each a name and a value; a text is sent as Latin-1. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** `admitted` for 2xx; else the problem document's code, or `http-<status>` where there is none. */
  readonly code: string;
}

/** One connection to a port of this machine. */
export interface Line {
  readonly write: (bytes: Buffer) => void;
  /** The next answer. Rejects when the connection ends without one. */
  readonly answer: () => Promise<Answer>;
  readonly close: () => void;
}

/** Sends a request on a connection of its own. */
export async function deliver(port: number, request: RawRequest | Buffer): Promise<Answer> {
  const line = openLine(port);
  try {
    line.write(Buffer.isBuffer(request) ? request : formatRequest(request));
    return await line.answer();
  } finally {
    line.close();
  }
}

export function formatRequest(request: RawRequest): Buffer {
  return Buffer.concat([formatHead(request), request.body]);
}

export function formatHead({ method, target, headers }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}

export function fieldOf(message: Pick<RawRequest, 'headers'>, name: string): string | undefined {
  return message.headers.find(([each]) => each.toLowerCase() === name)?.[1];
}

export function openLine(port: number): Line {
  const socket: Socket = connect(port, '127.0.0.1');
  let received = Buffer.alloc(0);
  let ended: Error | undefined;
  let wake: () => void = () => {};
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', (error) => {
    ended ??= error;
  });
  socket.on('close', () => {
    ended ??= new Error('the connection was closed without an answer');
    wake();
  });
  return {
    write: (bytes) => void socket.write(bytes),
    answer: async () => {
      for (;;) {
        const parsed = parseAnswer(received, ended !== undefined);
        if (parsed !== undefined) {
          received = received.subarray(parsed.length);
          return parsed.answer;
        }
        if (ended !== undefined) throw ended;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => socket.destroy(),
  };
}

function parseAnswer(
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
  const start = headEnd + 4;
  const length = fieldOf({ headers }, 'content-length');
  if (length === undefined && !atEnd) {
    // Node's own refusals have neither a length nor a body.
    if (fieldOf({ headers }, 'connection') === 'close') return undefined;
    throw new Error('an answer without a length on an open connection');
  }
  const end = length === undefined ? bytes.length : start + Number(length);
  if (bytes.length < end) return undefined;
  const body = bytes.subarray(start, end);
  return { answer: { status, headers, body, code: codeOf(status, body) }, length: end };
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
