/**
 * Requests of the playground on their way: over real sockets, a connection each, with exactly the target and the field
 * lines they have. It signs nothing and judges nothing.
 */
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';

/** A request as it is sent; a text body goes as UTF-8. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Field lines in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  /** `admitted` for 2xx; else the problem document's code, or `http-<status>` where there is none. */
  readonly code: string;
  readonly text: string;
}

/** Sends a request to a port of this machine. */
export async function deliver(port: number, request: RawRequest, signal: AbortSignal): Promise<Answer> {
  const sending = open(port, request, signal);
  const answer = answerTo(sending);
  sending.end(request.body);
  return answer;
}

/**
 * Sends copies that are complete in the same moment: all of each but its last byte first, on connections of their own,
 * then all last bytes.
 */
export async function deliverAtOnce(
  port: number,
  request: RawRequest,
  copies: number,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const body = Buffer.from(request.body);
  const sendings = Array.from({ length: copies }, () => open(port, request, signal));
  const answers = Promise.all(sendings.map(answerTo));
  // Whoever fails before the last byte is sent ends the wait for the others, and is told by `answers`.
  const ready = Promise.all(sendings.map((sending) => writeThrough(sending, body.subarray(0, -1))));
  await Promise.race([ready, answers]);
  for (const sending of sendings) sending.end(body.subarray(-1));
  return answers;
}

function open(port: number, { method, target, headers }: RawRequest, signal: AbortSignal): ClientRequest {
  return openRequest({
    host: '127.0.0.1',
    port,
    method,
    path: target,
    headers: headers.flat(),
    setHost: false,
    agent: false,
    signal,
  });
}

function writeThrough(sending: ClientRequest, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => sending.write(bytes, () => resolve()));
}

function answerTo(sending: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => readAnswer(response).then(resolve, reject));
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { statusCode: status = 0 } = response;
  return { status, code: codeOf(status, text), text };
}

/** The code of an answer with this status and body. */
export function codeOf(status: number, text: string): string {
  if (status >= 200 && status < 300) return 'admitted';
  try {
    const { code } = JSON.parse(text);
    if (typeof code === 'string') return code;
  } catch {
    // Not a problem document.
  }
  return `http-${status}`;
}
