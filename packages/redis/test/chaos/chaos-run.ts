/**
 * Runs a case: servers, processes, load, the fault in the middle of it, copies of settled requests all the while, and
 * at the end everything that was ever sent, played back to everybody.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@countersign/testkit/redis';
import { EXTENT, type Fault, NOTICE_MS, type Stage, TOLERANCE } from './chaos-case.js';
import { ANSWER_WITHIN_MS, answersOf, type Findings, judge, resumption } from './findings.js';
import { type Load, startLoad } from './load.js';
import { loopDelay } from './loop-delay.mjs';
import { type Keys, type Service, type ServiceReport, startServices, stopServices } from './services.js';
import { createPlayer, type Player, playAll, recordingWire, type Wire } from './wire.js';

/** Beside the horizon's own time: how soon calls succeed after a fault. Other tests may run on the same machine. */
const RESUME_MS = EXTENT.long ? 3_000 : 30_000;
/** For the first answers: processes, servers and their first connections all start at once. */
const START_MS = 60_000;
const PLAYBACKS = 2;
const PLAY_WIDTH = 32;
/** Copies are made of as many requests as were settled last. */
const COPIED = 200;
const LAST_CALLS_MS = 30_000;
const IDLE_KEYS = 24;
/** In which each of them is asked for once. */
const IDLE_S = 0.2;
const PROGRESS_MS = 2_000;

/** Two owners with two keys each, and keys that are their own owners: several buckets, and homes to be found. */
function makeKeys(): Keys {
  const owners = ['acme', 'acme', 'globex', 'globex', 'key_4', 'key_5', 'key_6', 'key_7'];
  return Object.fromEntries(owners.map((owner, i) => [`key_${i}`, makeKey(owner)]));
}

/** Keys, and so buckets, that nobody asks for until the fault is over: they must have been looked after all the same. */
function makeIdleKeys(): Keys {
  return Object.fromEntries(Array.from({ length: IDLE_KEYS }, (_, i) => [`idle_${i}`, makeKey(`idle_${i}`)]));
}

function makeKey(owner: string): Keys[string] {
  return { secret: `cs1s_${randomBytes(32).toString('base64url')}`, owner, scopes: ['orders'] };
}

/** Runs it once and gives what is to be said of it. */
export async function runCase(name: string, prepare: () => Promise<Stage>): Promise<Findings> {
  const keys = makeKeys();
  const idleKeys = makeIdleKeys();
  const stage = await prepare();
  let services: Service[] = [];
  try {
    services = await startServices(
      Array.from({ length: EXTENT.services }, (_, i) => ({
        redis: stage.redisFor(i),
        keys: { ...keys, ...idleKeys },
        tolerance: TOLERANCE,
        // Wide: no answer 429 has another reason than the fault.
        limits: { '*': '1000000/m', 'orders:write': '500000/m' },
        answerWithinMs: ANSWER_WITHIN_MS,
        ...stage.serviceOptions?.(i),
      })),
    );
    return await playThrough(name, stage, services, keys, idleKeys);
  } finally {
    await Promise.all([stopServices(services), stage.stop()]);
  }
}

async function playThrough(
  name: string,
  stage: Stage,
  services: readonly Service[],
  keys: Keys,
  idleKeys: Keys,
): Promise<Findings> {
  const ports = services.map(({ port }) => port);
  const recoveryMs = TOLERANCE.futureMs + stage.deposedMs + RESUME_MS;
  const player = createPlayer(PLAY_WIDTH);
  // What comes before is the horizon of servers that are new.
  await untilServed(keys, ports, recoveryMs + START_MS);
  const wire = recordingWire();
  const load = startLoad('call', wire, keys, ports, EXTENT.callsPerSecond);
  const copier = startCopying(wire, player, ports);
  const stopTelling = tellProgress(name, load, wire);
  try {
    await sleep(EXTENT.loadMs);
    const reports = (): Promise<ServiceReport[]> => Promise.all(services.map((service) => service.report()));
    const ownDelay = loopDelay();
    await reports();
    const fault = await stage.fault({ services, keys: { ...keys, ...idleKeys } });
    await untilResumed(load, fault.overMs, recoveryMs);
    // Until a deposed master has certainly stopped, what is signed may still be admitted there.
    await sleep(Math.max(0, fault.overMs + stage.deposedMs + NOTICE_MS - Date.now()));
    const delays = (await reports()).map((report) => report.worstDelayMs);
    // Where this process had to wait, the servers had to as well.
    const worstDelayMs = Math.max(...delays, ownDelay.takeWorstMs());
    // What the processes do not know by now, they would learn from these calls.
    const idle = startLoad('idle', wire, idleKeys, ports, IDLE_KEYS / IDLE_S);
    await sleep(IDLE_S * 1_000);
    const idleEnd = idle.stop(LAST_CALLS_MS);
    await sleep(EXTENT.loadMs);
    await Promise.all([load.stop(LAST_CALLS_MS), idleEnd]);
    const calls = [...load.calls, ...idle.calls];
    const copies = await copier.stop();
    const before = await reports();
    const playback = new Map<number, number>();
    for (let i = 0; i < PLAYBACKS; i++) {
      const statuses = await playAll(player, wire.sent, ports, PLAY_WIDTH);
      for (const [status, count] of statuses) playback.set(status, (playback.get(status) ?? 0) + count);
    }
    const after = await reports();
    const recorded = {
      calls,
      sent: wire.sent,
      fault,
      noticeMs: Math.round(NOTICE_MS + stage.deposedMs + worstDelayMs),
      recoveryMs: Math.round(recoveryMs + worstDelayMs),
      worstDelayMs: Math.round(worstDelayMs),
      copies,
      playback,
      before,
      after,
    };
    const judged = judge(recorded);
    const executions = before.flatMap(({ journal }, service) => journal.map((one) => ({ ...one, service })));
    const failed = calls.filter(({ error }) => error !== undefined).length;
    const missed = await fault.met({ answers: answersOf(wire.sent), failed, executions });
    const violations = missed === undefined ? judged.violations : [...judged.violations, missed];
    const findings = { ...judged, violations };
    report(name, fault, findings);
    return findings;
  } finally {
    stopTelling();
    await Promise.all([load.stop(0), copier.stop()]);
    player.close();
  }
}

/** Waits until every key has been served by every process. */
async function untilServed(keys: Keys, ports: readonly number[], withinMs: number): Promise<void> {
  const wire = recordingWire();
  const load = startLoad('before', wire, keys, ports, EXTENT.callsPerSecond);
  const pairs = Object.keys(keys).length * ports.length;
  try {
    await waitUntil('a service that serves', withinMs, () => {
      const served = load.calls.filter(({ status }) => status === 200);
      return new Set(served.map(({ key, port }) => `${key} ${port}`)).size === pairs || undefined;
    });
  } finally {
    await load.stop(LAST_CALLS_MS);
  }
}

/** Waits until calls succeed again, or should. */
async function untilResumed({ calls }: Load, overMs: number, recoveryMs: number): Promise<void> {
  while (Date.now() < overMs + recoveryMs && resumption(calls, overMs) === Number.POSITIVE_INFINITY) {
    await sleep(20);
  }
}

/** Sends what was admitted, or is dead, again and again, to everybody, while it goes on. */
function startCopying(
  { settled }: Wire,
  { play }: Player,
  ports: readonly number[],
): { stop: () => Promise<Map<number, number>> } {
  const statuses = new Map<number, number>();
  const running = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const one = settled[Math.max(0, settled.length - 1 - Math.floor(Math.random() * COPIED))];
    const port = ports[Math.floor(Math.random() * ports.length)];
    if (one === undefined || port === undefined) return;
    const copy = play(one, port).then((status) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    running.add(copy);
    void copy.finally(() => running.delete(copy));
  }, 1_000 / EXTENT.copiesPerSecond);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
      return statuses;
    },
  };
}

function tellProgress(name: string, { calls }: Load, { sent }: Wire): () => void {
  if (!EXTENT.long) return () => {};
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const ended = calls.filter(({ endedMs }) => endedMs !== undefined);
    const failed = ended.filter(({ error }) => error !== undefined).length;
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.log(
      `chaos: ${name}: ${seconds} s, ${calls.length} calls (${calls.length - ended.length} under way, ${failed} failed), ${sent.length} requests`,
    );
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}

function report(name: string, fault: Fault, { figures, violations, told }: Findings): void {
  const file = process.env['COUNTERSIGN_CHAOS_RESULTS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, figures, violations, told })}\n`);
  if (!EXTENT.long) return;
  console.log(
    `chaos: ${name}: fault of ${fault.overMs - fault.beganMs} ms, noticed within ${figures.noticeMs} ms, calls succeed again ${figures.resumedMs} ms after it; ${violations.length} violations`,
  );
}
