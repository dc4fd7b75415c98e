/** A feed over WebSocket: the request that opens it is signed and counted, what is said on it afterwards is not. */
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { cachedDirectory, createVerifier, type KeyConfig, type ProvedKey } from '@countersign/server';
import { refuseUpgrade, verifyUpgrade } from '@countersign/server/adapter';
import { type WebSocket, WebSocketServer } from 'ws';

/** Of the close codes that applications may use (RFC 6455 section 7.4.2). */
export const KEY_REVOKED = 4401;
export const LIFE_OVER = 4408;

const MAX_MESSAGE_BYTES = 16 * 1024;
/** What may wait to be read by a client. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** How long a client may take to answer the closing of its socket; `ws` would wait for half a minute. */
const CLOSING_MS = 1_000;

export interface FeedOptions {
  /** The key table; `revoke` looks into it again. */
  readonly findKey: (id: string) => KeyConfig | undefined;
  /** The host that clients address. */
  readonly audience: string | string[];
  /** A socket is closed after this time; the client opens a new one, which is verified anew. Default 15 minutes. */
  readonly maxLifeMs?: number;
}

export interface Feed {
  readonly server: Server;
  /** Sends to the sockets of one owner. */
  publish(owner: string, text: string): void;
  /** After a change of the key table: the key is asked for anew, and its open sockets are closed. */
  revoke(keyId: string): void;
  /** How many sockets are open. */
  open(): number;
}

export function createFeed({ findKey, audience, maxLifeMs = 15 * 60_000 }: FeedOptions): Feed {
  const keys = cachedDirectory(findKey);
  const verifier = createVerifier({ keys, audience, limits: { feed: '3/m' } });
  const verify = verifyUpgrade(verifier, { scope: 'feed' });
  const server = createServer((_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', connection: 'upgrade' }).end();
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  // Who opened each socket. From here on the socket stands for the key that was proved, and nothing that is said on it.
  const open = new Map<WebSocket, ProvedKey>();

  server.on('upgrade', async (request, socket, head) => {
    if (!/^\/v1\/feed(\?|$)/.test(request.url ?? '')) return notFound(socket);
    const verdict = await verify(request);
    if (!verdict.ok) return refuseUpgrade(socket, verdict);
    // The key may have been revoked while the verdict was on its way.
    const key = findKey(verdict.key.id);
    if (key === undefined || key.disabled === true) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, verdict.key));
  });

  function serve(socket: WebSocket, key: ProvedKey): void {
    open.set(socket, key);
    const life = setTimeout(() => end(socket, LIFE_OVER, 'open a new one'), maxLifeMs).unref();
    socket.on('close', () => {
      clearTimeout(life);
      open.delete(socket);
    });
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => {
      // What comes after the end, before the client has answered it, is no one's.
      if (open.has(socket)) tell(socket, JSON.stringify({ owner: key.owner, said: String(data) }));
    });
  }

  function tell(socket: WebSocket, text: string): void {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) drop(socket);
    else socket.send(text);
  }

  function end(socket: WebSocket, code: number, reason: string): void {
    open.delete(socket);
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), CLOSING_MS).unref();
  }

  function drop(socket: WebSocket): void {
    open.delete(socket);
    socket.terminate();
  }

  return {
    server,
    publish(owner, text) {
      for (const [socket, key] of open) if (key.owner === owner) tell(socket, text);
    },
    revoke(keyId) {
      keys.invalidate(keyId);
      for (const [socket, key] of open) if (key.id === keyId) end(socket, KEY_REVOKED, 'the key was revoked');
    },
    open: () => open.size,
  };
}

function notFound(socket: Duplex): void {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', () =>
    socket.destroy(),
  );
}
