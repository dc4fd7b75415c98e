/**
 * HTTP/1.1 by hand: an attacker's requests need bytes that no HTTP client would send. It writes what it is given,
 * and knows nothing of signatures.
 */
import { connect, type Socket } from 'node:net';
import { type Answer, parseAnswer } from './answer.js';

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Field lines in their order, each a name and a value; a text is sent as Latin-1. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** One connection to a port of this machine. */
export interface Line {
  readonly write: (bytes: Buffer) => void;
  /** The next answer. Rejects when the connection ends without one. */
  readonly answer: () => Promise<Answer>;
  readonly close: () => void;
}

const HALF_WAY_MS = 30;

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

/** Sends the head and half of the body, and hangs up. */
export async function deliverHalf(port: number, request: RawRequest): Promise<void> {
  const line = openLine(port);
  line.write(formatHead(request));
  line.write(request.body.subarray(0, request.body.length / 2));
  await new Promise((resolve) => setTimeout(resolve, HALF_WAY_MS));
  line.close();
}

export function formatRequest(request: RawRequest): Buffer {
  return Buffer.concat([formatHead(request), request.body]);
}

export function formatHead({ method, target, headers }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
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
