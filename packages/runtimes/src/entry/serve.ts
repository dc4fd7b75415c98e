/** The application on the runtime's own server, at a free port of 127.0.0.1. */
import process from 'node:process';
import type { App } from '../suite/app.js';
import { serveOnNode } from './serve-on-node.js';

/** The parts of Bun and Deno that serve. */
interface BunServer {
  readonly port: number;
  requestIP(request: Request): { readonly address: string } | null;
}
interface BunRuntime {
  readonly version: string;
  serve(options: {
    hostname: string;
    port: number;
    fetch: (request: Request, server: BunServer) => Promise<Response>;
  }): BunServer;
}
interface DenoRuntime {
  readonly version: { readonly deno: string };
  serve(
    options: { hostname: string; port: number; onListen: () => void },
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname: string } },
    ) => Promise<Response>,
  ): { readonly addr: { readonly port: number } };
}
declare const Bun: BunRuntime | undefined;
declare const Deno: DenoRuntime | undefined;

const ANY_PORT = { hostname: '127.0.0.1', port: 0 };

export async function serveHere(app: App): Promise<{ readonly runtime: string; readonly port: number }> {
  if (typeof Bun !== 'undefined') {
    const server = Bun.serve({
      ...ANY_PORT,
      fetch: (request, own) => app(request, { address: own.requestIP(request)?.address }),
    });
    return { runtime: `Bun ${Bun.version}`, port: server.port };
  }
  if (typeof Deno !== 'undefined') {
    const server = Deno.serve({ ...ANY_PORT, onListen: () => {} }, (request, { remoteAddr }) =>
      app(request, { address: remoteAddr.hostname }),
    );
    return { runtime: `Deno ${Deno.version.deno}`, port: server.addr.port };
  }
  const { port } = await serveOnNode(app);
  return { runtime: `Node ${process.versions.node}`, port };
}
