/** What a case of the chaos suite is, and how long and how wide it is run. */
import type { Keys, RedisAddress, Service, ServiceOptions } from './services.js';

/** Short in the ordinary tests, long in `npm run chaos`; the same code. */
export const EXTENT = {
  /** Load before the fault, and again after the service has recovered. */
  loadMs: Number(process.env['COUNTERSIGN_CHAOS_SECONDS'] ?? 2) * 500,
  rounds: Number(process.env['COUNTERSIGN_CHAOS_ROUNDS'] ?? 1),
  services: Number(process.env['COUNTERSIGN_CHAOS_SERVICES'] ?? 2),
  callsPerSecond: Number(process.env['COUNTERSIGN_CHAOS_RATE'] ?? 60),
  copiesPerSecond: process.env['COUNTERSIGN_CHAOS_SECONDS'] === undefined ? 50 : 100,
  /** `npm run chaos`: every case, and what becomes of it is told meanwhile. */
  long: process.env['COUNTERSIGN_CHAOS_SECONDS'] !== undefined,
} as const;

/** All recorded requests must still be fresh when they are played back. */
export const TOLERANCE = { pastMs: 60_000 + 4 * EXTENT.loadMs, futureMs: 300 } as const;

/**
 * How soon the processes notice a fault that is over: calls that begin later must succeed. The longest time for which
 * one of them could not run at all is added.
 */
export const NOTICE_MS = 250;

/** Servers, and what is done to them. */
export interface Stage {
  readonly redisFor: (service: number) => RedisAddress;
  /** In which a process differs from the others. */
  readonly serviceOptions?: (service: number) => Partial<ServiceOptions>;
  /** For how long the store refuses what it may have forgotten, beside `TOLERANCE.futureMs`: F in docs/storage.md. */
  readonly deposedMs: number;
  /** Does it; resolves when it is over. */
  readonly fault: (scene: Scene) => Promise<Fault>;
  readonly stop: () => Promise<void>;
}

export interface Scene {
  readonly services: readonly Service[];
  readonly keys: Keys;
}

export interface Fault {
  readonly beganMs: number;
  /** From when on nothing is wrong with the servers any more, by their own word. */
  readonly overMs: number;
  /** Whether the case met what it is about, so that it does not hold for nothing. Asked at the end. */
  readonly met: (seen: Seen) => Promise<string | undefined> | string | undefined;
}

/** What was seen while the load ran. */
export interface Seen {
  /** How often an answer had which code, or status where it had none. */
  readonly answers: ReadonlyMap<string, number>;
  /** Calls that ended in an error. */
  readonly failed: number;
  readonly executions: readonly {
    readonly service: number;
    readonly call: string;
    readonly owner: string;
    readonly atMs: number;
  }[];
}

/** For `Fault.met`: the load must have had such an answer. */
export function metAnswer(code: string): Fault['met'] {
  return ({ answers }) => (answers.has(code) ? undefined : `no call met ${code}`);
}

/** @throws Error when it refuses them */
export async function takesWrites(server: { command(...args: string[]): Promise<string> }): Promise<boolean> {
  return (await server.command('SET', 'probe', '1', 'PX', '1')) === 'OK';
}
