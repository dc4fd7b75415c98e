/** The processes of the service: starts them, reads their journals, gives them other keys. None outlives the tests. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const AUDIENCE = 'api.example.com';

/** Where a process finds Redis: options of ioredis, and the nodes of a cluster. */
export interface RedisAddress {
  readonly nodes?: readonly { readonly host: string; readonly port: number }[];
  readonly [option: string]: unknown;
}

export type Keys = Readonly<Record<string, { secret: string; owner: string; scopes: readonly string[] }>>;

export interface ServiceOptions {
  readonly redis: RedisAddress;
  readonly keys: Keys;
  readonly tolerance: { readonly pastMs: number; readonly futureMs: number };
  readonly limits: Readonly<Record<string, string>>;
  /** How far the clock of this process is behind. Default 0. */
  readonly clockBehindMs?: number;
  /** Default: no limit. */
  readonly answerWithinMs?: number;
  /** Of the store. */
  readonly store?: { readonly timeoutMs?: number };
  /** Of the verifier. */
  readonly storeTimeoutMs?: number;
}

/** What a handler executed. */
export interface Execution {
  readonly call: string;
  readonly nonce: string;
  readonly owner: string;
  readonly atMs: number;
}

export interface ServiceReport {
  readonly journal: readonly Execution[];
  /** How long answers took: at the most; and without the time in which the process could not run. */
  readonly answers: {
    readonly count: number;
    readonly worstMs: number;
    readonly worstOwnMs: number;
    /** How many took longer than `answerWithinMs`, without that time. */
    readonly late: number;
  };
  /** How often the store was unavailable, by the reason that the operator is told. */
  readonly unavailable: Readonly<Record<string, number>>;
  /** The longest for which the process could not run, since the last report. */
  readonly worstDelayMs: number;
  /** Of the store. */
  readonly warnings: readonly { readonly atMs: number; readonly message: string }[];
}

export interface Service {
  readonly port: number;
  readonly pid: number | undefined;
  report(): Promise<ServiceReport>;
  reload(keys: Keys): Promise<void>;
  stop(): Promise<void>;
}

export async function startServices(options: readonly ServiceOptions[]): Promise<Service[]> {
  const starts = await Promise.allSettled(options.map(startService));
  const services = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  for (const start of starts) {
    if (start.status === 'fulfilled') continue;
    await stopServices(services);
    throw start.reason;
  }
  return services;
}

export async function stopServices(services: readonly Service[]): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
}

async function startService(options: ServiceOptions): Promise<Service> {
  const file = fileURLToPath(new URL('./service-process.mjs', import.meta.url));
  const child = fork(file, [JSON.stringify({ ...options, audience: AUDIENCE })], { execArgv: [] });
  const [message] = (await Promise.race([once(child, 'message'), endOf(child)])) as [{ port: number }];
  let asked = 0;
  const ask = async (question: object): Promise<ServiceReport> => {
    const id = ++asked;
    return new Promise((resolve, reject) => {
      const onMessage = (answer: { id: number; report: ServiceReport }): void => {
        if (answer.id !== id) return;
        child.off('message', onMessage);
        resolve(answer.report);
      };
      child.on('message', onMessage);
      child.send({ id, ...question }, (error) => error !== null && reject(error));
    });
  };
  return {
    port: message.port,
    pid: child.pid,
    report: () => ask({}),
    reload: async (keys) => {
      await ask({ keys });
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function endOf(child: ChildProcess): Promise<never> {
  const [status, signal] = await once(child, 'exit');
  throw new Error(`a service process ended with ${signal ?? status}`);
}
