/**
 * One raw request and its answer. What is written are the bytes that were given; the answer is read by Node's own HTTP
 * client, which is handed a connection whose writing side leads nowhere.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { FieldLine } from '@countersign/canonical';
import { connectTo, type Endpoint } from './endpoint.js';
import { formatRequest, type RawRequest } from './raw-request.js';

export interface Answered {
  readonly status: number;
  readonly headers: readonly FieldLine[];
  /** Its beginning, where it is long. */
  readonly body: string;
  /** The code of a problem document. */
  readonly code?: string;
}

/** `closed`: without an answer. `silent`: nothing within the time. `unreadable`: no HTTP. */
export type Answer = Answered | { readonly failure: 'closed' | 'silent' | 'unreadable' };

/** A connection on which one request is written, in as many parts as its writer likes. */
interface Line {
  readonly write: (bytes: Buffer) => void;
  /** To be asked once. */
  readonly answer: () => Promise<Answer>;
  readonly close: () => void;
}

const ANSWER_WITHIN_MS = 10_000;
const MAX_BODY_BYTES = 65_536;
/** As problem documents have them: fit to be shown, and too short for a secret. */
const CODE = /^[A-Za-z0-9._-]{1,40}$/;

/** @param method whose answer is awaited: that of a HEAD has no body */
export async function openLine(
  endpoint: Endpoint,
  method: string,
  withinMs: number = ANSWER_WITHIN_MS,
): Promise<Line> {
  const socket = await connectTo(endpoint, withinMs);
  // What comes late, after the answer, is nobody's concern.
  socket.on('error', () => {});
  return {
    write: (bytes) => void socket.write(bytes),
    answer: () => readAnswer(socket, method, withinMs),
    close: () => socket.destroy(),
  };
}

/** Sends a request on a connection of its own. Rejects when there is no connection. */
export async function exchange(endpoint: Endpoint, request: RawRequest, withinMs?: number): Promise<Answer> {
  const line = await openLine(endpoint, request.method, withinMs);
  try {
    line.write(formatRequest(request));
    return await line.answer();
  } finally {
    line.close();
  }
}

/**
 * Sends requests that are complete in the same moment: all of each but its last byte first, on connections of their own,
 * then all last bytes.
 */
export async function exchangeTogether(
  endpoint: Endpoint,
  requests: readonly RawRequest[],
  halfWay: () => Promise<void>,
): Promise<readonly Answer[]> {
  const texts = requests.map(formatRequest);
  const lines = await Promise.all(requests.map(({ method }) => openLine(endpoint, method)));
  try {
    lines.forEach((line, i) => void line.write(texts[i]?.subarray(0, -1) ?? Buffer.alloc(0)));
    await halfWay();
    lines.forEach((line, i) => void line.write(texts[i]?.subarray(-1) ?? Buffer.alloc(0)));
    return await Promise.all(lines.map((line) => line.answer()));
  } finally {
    for (const line of lines) line.close();
  }
}

function readAnswer(socket: Socket, method: string, withinMs: number): Promise<Answer> {
  const connection = readingSide(socket);
  return new Promise((resolve) => {
    const reader = httpRequest({
      method: method === 'HEAD' ? 'HEAD' : 'GET',
      createConnection: () => connection,
      insecureHTTPParser: true,
    });
    const timer = setTimeout(() => end({ failure: 'silent' }), withinMs);
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
      reader.destroy();
    };
    reader.on('error', (error: NodeJS.ErrnoException) =>
      end({ failure: error.code?.startsWith('HPE_') ? 'unreadable' : 'closed' }),
    );
    reader.on('upgrade', (response) => end({ status: response.statusCode ?? 0, headers: [], body: '' }));
    reader.on('response', (response) => void readBody(response).then(end));
    reader.end();
  });
}

/** A socket that can be read, and not written to. That it broke off is its end: what came before is read first. */
function readingSide(socket: Socket): Duplex {
  const side = new Duplex({
    read: () => void socket.resume(),
    write: (_chunk, _encoding, done) => done(),
  });
  socket.on('data', (chunk) => void side.push(chunk));
  socket.once('close', () => void side.push(null));
  socket.once('end', () => void side.push(null));
  return side;
}

async function readBody(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) break;
    }
  } catch {
    // Cut off: what came is there.
  }
  const { statusCode: status = 0, rawHeaders } = response;
  const headers: FieldLine[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  const body = Buffer.concat(chunks).toString();
  const code = problemCode(body);
  return { status, headers, body, ...(code === undefined ? {} : { code }) };
}

/** The code of a problem document, where the body is one. */
export function problemCode(body: string): string | undefined {
  try {
    const { code } = Object(JSON.parse(body));
    return typeof code === 'string' && CODE.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
