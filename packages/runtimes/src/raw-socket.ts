/** A request as bytes, and the answer as text: what no HTTP client would send. */
import { connect } from 'node:net';

export interface RawAnswer {
  /** 0: there was none. */
  readonly status: number;
  readonly text: string;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
  readonly answeredAfterMs: number;
}

const ANSWER_MS = 10_000;
const CLOSE_MS = 1_000;

/**
 * Sends bytes over a connection of its own, and waits for a whole answer.
 *
 * @param thenClosed whether to wait for the server to close after it, for a second
 */
export function sendBytes(port: number, bytes: string, thenClosed = false): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let text = '';
    let answeredAfterMs = Number.NaN;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let timer = setTimeout(() => end(false), ANSWER_MS);
    const end = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, text, closed, answeredAfterMs });
    };
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (!isWhole(text)) return;
      answeredAfterMs = performance.now() - startedMs;
      if (!thenClosed) return end(false);
      clearTimeout(timer);
      timer = setTimeout(() => end(false), CLOSE_MS);
    });
    socket.on('error', () => {});
    socket.on('close', () => end(true));
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + Number(length);
}
