/**
 * A real node:http server that checks signatures with the canonical package, remembers nonces, and answers as a test
 * tells it to. It is no verifier: it has no window, no budgets and no failures.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ANY_HOST,
  canonicalize,
  createSha256,
  formatVerdict,
  importSecret,
  type RequestParts,
  readRequest,
  requestPolicy,
  type VerdictFields,
} from '@countersign/canonical';

export const KEY = { keyId: 'k', secret: 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' };

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** What was signed; undefined when there was no valid signature. */
  readonly signed: RequestParts | undefined;
  /** Writes the field of a verdict about this request. */
  readonly verdict: (code: string, rest?: Partial<VerdictFields>) => { 'countersign-verdict': string };
}

/** What to do with one request. `drop` cuts the connection, `hang` never answers. */
export type Reaction =
  | 'drop'
  | 'hang'
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
      /** The body begins and never ends. */
      readonly endless?: boolean;
    };

export interface FakeServer {
  readonly origin: string;
  readonly received: Received[];
  /** Nonces of the requests that the handler got. */
  readonly executed: string[];
  close(): Promise<void>;
}

/** Starts a server. `react` gives the reaction to request number `index`; without one the handler runs. */
export async function fakeServer(
  react: (request: Received, index: number) => Reaction | undefined | Promise<Reaction | undefined> = () =>
    undefined,
): Promise<FakeServer> {
  const received: Received[] = [];
  const executed: string[] = [];
  const server = createServer(async (message, response) => {
    const request = await receive(message);
    received.push(request);
    const index = received.length - 1;
    const nonce = request.signed?.nonce ?? '';
    const replayed = executed.includes(nonce);
    const reaction = (await react(request, index)) ?? handle();
    if (reaction === 'drop') return void message.socket.destroy();
    if (reaction === 'hang') return;
    response.writeHead(reaction.status, reaction.headers);
    if (reaction.endless) response.write(reaction.body);
    else response.end(reaction.body);

    function handle(): Reaction {
      if (request.signed === undefined) return { status: 200, body: 'unsigned' };
      if (replayed) return { status: 409, headers: request.verdict('replayed-nonce') };
      executed.push(nonce);
      return { status: 200, body: `executed ${request.body}` };
    }
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    executed,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const secret = importSecret(KEY.secret);
const policy = requestPolicy({ audience: ANY_HOST });

async function receive(message: IncomingMessage): Promise<Received> {
  const digest = createSha256();
  const chunks: Buffer[] = [];
  // A body that is cut ends the request, not the test.
  for await (const chunk of message.on('error', () => {})) {
    digest.update(chunk as Buffer);
    chunks.push(chunk as Buffer);
  }
  const { method = '', url: target = '', headers } = message;
  const lines: [string, string][] = [];
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    lines.push([message.rawHeaders[i] ?? '', message.rawHeaders[i + 1] ?? '']);
  }
  let signed: RequestParts | undefined;
  let subject = { key: '', nonce: '', sig: '' };
  try {
    const { authorization, parts } = readRequest({ method, target, headers: lines }, policy);
    subject = authorization;
    if (secret.hmacHex(canonicalize(parts)) === authorization.sig && digest.digestHex() === parts.digest) {
      signed = parts;
    }
  } catch {
    signed = undefined;
  }
  return {
    method,
    target,
    headers,
    body: Buffer.concat(chunks).toString('latin1'),
    signed,
    verdict: (code, rest = {}) => ({
      'countersign-verdict': formatVerdict(secret, subject, { code, timeMs: Date.now(), ...rest }),
    }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
