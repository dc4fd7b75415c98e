/** Opens a feed. Each attempt is a signature of its own: an upgrade is a GET, and opening it twice does no harm. */
import type { Signer } from '@countersign/client';
import { WebSocket } from 'ws';

/** The handshake was answered, but not with an upgrade. */
export class HandshakeRefusedError extends Error {
  override readonly name = 'HandshakeRefusedError';
  readonly status: number;
  /** Of the problem document; nobody signed it. */
  readonly code: string;

  constructor(status: number, code: string) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** The fields that sign the handshake for this address, `ws://` or `wss://`. */
export function signHandshake(signer: Signer, url: string): Record<string, string> {
  return signer.sign({ method: 'GET', url: url.replace(/^ws/, 'http') });
}

/** Resolves when the socket is open. */
export function openFeed(url: string, headers: Record<string, string>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers, handshakeTimeout: 10_000, followRedirects: false });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
    socket.once('unexpected-response', async (_request, response) => {
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += chunk;
      reject(new HandshakeRefusedError(response.statusCode ?? 0, codeOf(body)));
    });
  });
}

function codeOf(body: string): string {
  try {
    return String(JSON.parse(body).code);
  } catch {
    return 'not-a-problem-document';
  }
}
