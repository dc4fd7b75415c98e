/** A reverse proxy that changes what it passes on, as it is told to. It writes raw targets and field lines. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request between the proxy's two sides. `body` is whole; how it is framed follows from the fields. */
export interface Passed {
  method: string;
  target: string;
  /** In their order, names as they came. */
  headers: [name: string, value: string][];
  body: Buffer;
}

/** What a proxy does to a request; or the status with which it answers itself. */
export type Transform = (passed: Passed) => Passed | number;

/** Serves until the end of the test. Resolves the port. */
export async function listen(server: Server & { closeAllConnections?: () => void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Resolves the proxy's port. */
export async function proxyTo(
  port: number,
  transform: Transform = (passed) => passed,
  {
    certificate,
    answered,
  }: { certificate?: Certificate; answered?: (response: ServerResponse) => void } = {},
): Promise<number> {
  const handle = (incoming: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url: target = '', rawHeaders } = incoming;
      const headers = rawHeaders.flatMap((name, i): [string, string][] =>
        i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : [],
      );
      const passed = transform({ method, target, headers, body: Buffer.concat(chunks) });
      if (typeof passed === 'number') {
        response.writeHead(passed, { 'content-type': 'text/html' }).end('<h1>No</h1>');
        return;
      }
      const outgoing = request({
        port,
        host: '127.0.0.1',
        method: passed.method,
        path: passed.target,
        headers: passed.headers.flat(),
        setHost: false,
        agent: false,
      });
      outgoing.on('response', (answer) => {
        for (const [name, value] of Object.entries(answer.headers)) {
          if (value !== undefined) response.setHeader(name, value);
        }
        response.statusCode = answer.statusCode ?? 502;
        answered?.(response);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.writeHead(502).end());
      outgoing.end(passed.body);
    });
  };
  return listen(certificate === undefined ? createServer(handle) : createTlsServer(certificate, handle));
}

/** The fields, with this one set once, or removed by `undefined`. */
export function withField(
  headers: Passed['headers'],
  name: string,
  value: string | undefined,
): Passed['headers'] {
  const others = headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return value === undefined ? others : [...others, [name, value]];
}

/** With another body, announced by its length. */
export function withBody(passed: Passed, body: Buffer): Passed {
  const headers = withField(passed.headers, 'transfer-encoding', undefined);
  return { ...passed, body, headers: withField(headers, 'content-length', String(body.length)) };
}

export function fieldOf({ headers }: Passed, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}
