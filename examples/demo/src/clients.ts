/** The partners' client processes: started when they are needed, and kept for the steps that need one like it. */
import type { CallResult, Job } from './client/messages.js';
import type { KeyId, Secrets } from './partners.js';
import type { Processes } from './processes.js';
import type { Service } from './service.js';

export interface Partner {
  /** One job; how each of its calls ended. */
  readonly run: (job: Job) => Promise<readonly CallResult[]>;
  /** One call. */
  readonly call: (job: Job) => Promise<CallResult>;
}

export interface PartnerOptions {
  /** Default: the orders service. */
  readonly service?: Service;
  /** Past the edge, straight to the server. */
  readonly direct?: boolean;
  /** How far its clock is off. Negative: slow. */
  readonly clockOffsetMs?: number;
  /** How often one call may send. Default 4. */
  readonly attempts?: number;
  /** Tells processes apart that are alike in all else. */
  readonly instance?: number;
}

/** A client process: a new one, or the one that was started before with the same options. */
export type Partners = (keyId: KeyId, options?: PartnerOptions) => Promise<Partner>;

const DEFAULT_ATTEMPTS = 4;

/** @param onSent hears how many requests a job has sent */
export function createPartners(
  processes: Processes,
  secrets: Secrets,
  orders: Service,
  onSent: (sent: number) => void,
): Partners {
  const started = new Map<string, Promise<Partner>>();

  const start = async (keyId: KeyId, options: PartnerOptions): Promise<Partner> => {
    const { service = orders, direct = false, clockOffsetMs = 0, attempts = DEFAULT_ATTEMPTS } = options;
    const origin = direct ? `http://127.0.0.1:${service.server.port}` : service.edge.origin;
    const secret = secrets[keyId];
    const client = await processes.startClient({ keyId, secret, origin, clockOffsetMs, attempts });
    const run = async (job: Job): Promise<readonly CallResult[]> => {
      const { results, sent } = await client.run(job);
      onSent(sent);
      return results;
    };
    const call = async (job: Job): Promise<CallResult> => {
      const [result] = await run(job);
      if (result === undefined) throw new Error(`no result for ${job.call}`);
      return result;
    };
    return { run, call };
  };

  return (keyId, options = {}) => {
    const { service = orders, ...others } = options;
    const name = JSON.stringify([keyId, service.edge.authority, others]);
    const partner = started.get(name) ?? start(keyId, options);
    started.set(name, partner);
    return partner;
  };
}
