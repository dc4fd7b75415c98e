/**
 * The world of a run: two services with their edges, their clients, and the books that are kept. It is built once,
 * serves all steps, and leaves nothing behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer } from './answer.js';
import type { CallResult, Job } from './client/messages.js';
import { type Edge, openEdge } from './edge.js';
import { type Ledger, openLedger } from './ledger.js';
import { type KeyId, makeSecrets, type Secrets } from './partners.js';
import { createProcesses, type ServerProcess } from './processes.js';
import type { ServerSettings } from './server/messages.js';
import type { Sabotage } from './server/sabotage.js';
import { deliver, type RawRequest } from './wire.js';

/** A server and the edge in front of it. */
export interface Service {
  readonly edge: Edge;
  readonly pastMs: number;
  readonly futureMs: number;
  server: ServerProcess;
  /** Until when its store refuses what is signed: a new horizon file costs `futureMs`. Unix time. */
  refusesUntilMs: number;
  /** Starts it again, on the same port, with the same files. */
  readonly start: () => Promise<void>;
}

export interface Partner {
  /** One job, whose results are counted. */
  readonly run: (job: Job) => Promise<readonly CallResult[]>;
  /** One call. */
  readonly call: (job: Job) => Promise<CallResult>;
}

export interface PartnerOptions {
  readonly service?: Service;
  /** Past the edge, straight to the server. */
  readonly direct?: boolean;
  readonly clockOffsetMs?: number;
  readonly attempts?: number;
  /** Tells processes apart that are alike in all else. */
  readonly instance?: number;
}

/** What was sent, by clients and by hand. Verdicts are in the ledger. */
export interface Tally {
  sent: number;
  replaysTried: number;
  replaysAdmitted: number;
}

/** Counts the sending of something that was admitted before, and what came of it. */
export function noteReplay(tally: Tally, code: string): void {
  tally.sent += 1;
  tally.replaysTried += 1;
  if (code === 'admitted') tally.replaysAdmitted += 1;
}

export interface World {
  readonly orders: Service;
  /** Another service with the same keys: shorter tolerance, no horizon file. */
  readonly billing: Service;
  readonly secrets: Secrets;
  readonly ledger: Ledger;
  readonly tally: Tally;
  /** A client process: a new one, or the one that was started before with the same options. */
  readonly partner: (keyId: KeyId, options?: PartnerOptions) => Promise<Partner>;
  /** Sends by hand, straight to the orders server unless told otherwise. */
  readonly send: (request: RawRequest, service?: Service) => Promise<Answer>;
  /** The same, of something that was admitted before. */
  readonly replay: (request: RawRequest, service?: Service) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

const ORDERS_TOLERANCE = { pastMs: 10_000, futureMs: 1_000 };
const BILLING_TOLERANCE = { pastMs: 1_200, futureMs: 700 };
const DEFAULT_ATTEMPTS = 4;

export async function openWorld(sabotage: Sabotage | undefined): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  const processes = createProcesses();
  const edges: Edge[] = [];
  const secrets = makeSecrets();
  const tally: Tally = { sent: 0, replaysTried: 0, replaysAdmitted: 0 };
  const journals = { orders: join(folder, 'orders.jsonl'), billing: join(folder, 'billing.jsonl') };
  const close = async (): Promise<void> => {
    for (const edge of edges) edge.close();
    await processes.killAll();
    rmSync(folder, { recursive: true, force: true });
  };

  const openService = async (
    settings: Pick<ServerSettings, 'tolerance' | 'journalFile' | 'horizonFile'>,
  ): Promise<Service> => {
    const edge = await openEdge();
    edges.push(edge);
    const start = (port: number): Promise<ServerProcess> => {
      const broken = sabotage === undefined ? {} : { sabotage };
      return processes.startServer({ ...settings, ...broken, port, audience: [edge.authority], secrets });
    };
    const server = await start(0);
    edge.upstreamPort = server.port;
    const service: Service = {
      edge,
      ...settings.tolerance,
      server,
      refusesUntilMs: server.warnings.length === 0 ? 0 : Date.now() + settings.tolerance.futureMs,
      start: async () => {
        service.server = await start(server.port);
      },
    };
    return service;
  };

  const openAll = async (): Promise<World> => {
    const horizonFile = join(folder, 'orders.horizon');
    const [orders, billing] = await Promise.all([
      openService({ tolerance: ORDERS_TOLERANCE, journalFile: journals.orders, horizonFile }),
      openService({ tolerance: BILLING_TOLERANCE, journalFile: journals.billing }),
    ]);
    const partners = new Map<string, Promise<Partner>>();
    const startPartner = async (keyId: KeyId, options: PartnerOptions): Promise<Partner> => {
      const { service = orders, direct = false, clockOffsetMs = 0, attempts = DEFAULT_ATTEMPTS } = options;
      const origin = direct ? `http://127.0.0.1:${service.server.port}` : service.edge.origin;
      const secret = secrets[keyId];
      const client = await processes.startClient({ keyId, secret, origin, clockOffsetMs, attempts });
      const run = async (job: Job): Promise<readonly CallResult[]> => {
        const { results, sent } = await client.run(job);
        tally.sent += sent;
        return results;
      };
      return {
        run,
        call: async (job) => {
          const [result] = await run(job);
          if (result === undefined) throw new Error(`no result for ${job.call}`);
          return result;
        },
      };
    };
    const partner: World['partner'] = (keyId, options = {}) => {
      const { service, ...others } = options;
      const name = JSON.stringify([keyId, service?.edge.authority, others]);
      const started = partners.get(name) ?? startPartner(keyId, options);
      partners.set(name, started);
      return started;
    };
    const send: World['send'] = (request, { server } = orders) => {
      tally.sent += 1;
      return deliver(server.port, request);
    };
    const replay: World['replay'] = async (request, { server } = orders) => {
      const answer = await deliver(server.port, request);
      noteReplay(tally, answer.code);
      return answer;
    };
    const ledger = openLedger(Object.values(journals));
    return { orders, billing, secrets, ledger, tally, partner, send, replay, close };
  };

  try {
    return await openAll();
  } catch (error) {
    await close();
    throw error;
  }
}
