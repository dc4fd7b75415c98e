/** A service: a server process on a port of its own, which may die and be started again, and the edge before it. */
import type { Tolerance } from '@countersign/server';
import { type Edge, openEdge } from './edge.js';
import type { Processes, ServerProcess } from './processes.js';
import type { ServerSettings } from './server/messages.js';

export interface Service extends Tolerance {
  readonly edge: Edge;
  /** The process that serves now. */
  readonly server: ServerProcess;
  /** Until when its store refuses what is signed, Unix time: a new horizon file costs `futureMs`. */
  readonly refusesUntilMs: number;
  /** Starts it; again with the same files, on the same port. */
  readonly start: () => Promise<void>;
}

/** Opens the edge of a service. Its server is still to be started. */
export async function openService(
  processes: Processes,
  settings: Omit<ServerSettings, 'port' | 'audience' | 'watched'>,
): Promise<Service> {
  const edge = await openEdge();
  const audience = [edge.authority];
  let server: ServerProcess | undefined;
  let refusesUntilMs = 0;
  return {
    edge,
    ...settings.tolerance,
    get server() {
      if (server === undefined) throw new Error('the service was not started');
      return server;
    },
    get refusesUntilMs() {
      return refusesUntilMs;
    },
    start: async () => {
      const isFirst = server === undefined;
      server = await processes.startServer({ ...settings, audience, port: server?.port ?? 0 });
      edge.upstreamPort = server.port;
      const isNewFile = isFirst && server.warnings.length > 0;
      if (isNewFile) refusesUntilMs = Date.now() + settings.tolerance.futureMs;
    },
  };
}
