/**
 * The edge: a reverse proxy between clients and a server, as an attacker would like to own it. It records every
 * request byte by byte, and does to a named call what a script says; it cannot sign anything.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './answer.js';
import { deliver, deliverHalf, type RawRequest } from './wire.js';

/** What happens to one sending of a request. */
export type Deed =
  /** Forwards it, and the answer back. */
  | { readonly do: 'forward' }
  /** Forwards it, throws the answer away and says 503 in its own name. */
  | { readonly do: 'answer-503' }
  /** Forwards it, throws the answer away and cuts the connection. */
  | { readonly do: 'cut-after' }
  /** Forwards the head and half of the body, then cuts both connections. */
  | { readonly do: 'cut-inside' }
  /** Answers in the server's place; the request goes nowhere. */
  | { readonly do: 'forge'; readonly answer: Answer }
  /** Forwards it that much later. */
  | { readonly do: 'hold'; readonly forMs: number };

export interface Recording {
  readonly request: RawRequest;
  /** The signed Idempotency-Key. */
  readonly call: string;
  readonly atMs: number;
  /** The answer that the server gave, whatever became of it. */
  answer?: Answer;
}

export interface Edge {
  readonly port: number;
  /** How clients address it. */
  readonly authority: string;
  readonly origin: string;
  /** Where the server is; settable once it listens. */
  upstreamPort: number;
  /** What to do to the first, second, … sending of a call; after that it forwards. */
  readonly script: (call: string, deeds: readonly Deed[]) => void;
  /** All sendings of the calls that begin so. */
  readonly recordings: (callPrefix: string) => readonly Recording[];
  readonly close: () => void;
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

export async function openEdge(): Promise<Edge> {
  const recorded: Recording[] = [];
  const scripts = new Map<string, Deed[]>();
  const server: Server = createServer((incoming, outgoing) => {
    const call = String(incoming.headers['idempotency-key'] ?? '');
    // A server that is down looks to the client like a connection that breaks.
    void handle(incoming, outgoing, call).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const authority = `127.0.0.1:${port}`;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse, call: string): Promise<void> {
    const request = await readRequest(incoming);
    const recording: Recording = { request, call, atMs: Date.now() };
    recorded.push(recording);
    const deed = scripts.get(call)?.shift() ?? { do: 'forward' };
    if (deed.do === 'forge') return respond(outgoing, deed.answer);
    if (deed.do === 'hold') await new Promise((resolve) => setTimeout(resolve, deed.forMs));
    if (deed.do === 'cut-inside') {
      await deliverHalf(edge.upstreamPort, request);
      outgoing.destroy();
      return;
    }
    recording.answer = await deliver(edge.upstreamPort, request);
    if (deed.do === 'cut-after') outgoing.destroy();
    else if (deed.do === 'answer-503')
      outgoing.writeHead(503, { 'retry-after': '0' }).end('upstream timed out');
    else respond(outgoing, recording.answer);
  }

  const edge: Edge = {
    port,
    authority,
    origin: `http://${authority}`,
    upstreamPort: 0,
    script: (call, deeds) => void scripts.set(call, [...deeds]),
    recordings: (callPrefix) => recorded.filter(({ call }) => call.startsWith(callPrefix)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return edge;
}

async function readRequest(incoming: IncomingMessage): Promise<RawRequest> {
  const { method = '', url: target = '', rawHeaders } = incoming;
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return { method, target, headers, body: Buffer.concat(chunks) };
}

function respond(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const passedOn = headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()));
  outgoing.writeHead(status, passedOn.flat()).end(body);
}
