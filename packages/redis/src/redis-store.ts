/**
 * The store that many processes share: joins the route to the servers, the scripts, and the care for buckets, and
 * keeps the deadline. Every decision about a request is the scripts'; this file decides what is sent and what came
 * too late.
 */
import type { AcceptanceWindow, Admission, AdmissionResult, Store } from '@countersign/server/stores';
import { requireSameTolerance, startDeadline } from '@countersign/server/stores';
import { admitArguments } from './admit-arguments.js';
import { type Bucket, bucketIndex, createBuckets } from './bucket-names.js';
import { type Engine, type Start, startEngine } from './engine.js';
import type { OpenRoute } from './link/route.js';
import type { RedisStoreSettings } from './redis-store-options.js';
import { admissionResult, staleSince, unavailable } from './replies.js';
import { REPLY } from './script/bucket.js';
import { sparingly } from './warnings.js';

/** A store on Redis. */
export interface RedisStore extends Required<Store> {
  /**
   * Resolves when the servers are reached and found safe, and the horizons of buckets that forgot are up. A store that
   * is not waited for serves all the same, as soon as it can.
   *
   * @throws Error that says what to set, when the servers may forget or a deposed master may go on
   */
  ready(): Promise<void>;
  /** Lets the connections go. Then nothing is admitted. */
  close(): Promise<void>;
}

/** For tests: another time than the servers', and fewer buckets. */
interface Injected {
  readonly time?: () => readonly [nowMs: number, atMs: number];
  readonly buckets?: number;
}

const CLOSED = 'the store is closed';
/** How soon a start that failed is tried again. */
const START_AGAIN_MS = 500;

export function storeOver(
  open: OpenRoute,
  settings: RedisStoreSettings,
  injected: Injected = {},
): RedisStore {
  const buckets = createBuckets(settings.prefix, injected.buckets);
  const warn = sparingly(settings.onWarning);
  let window: AcceptanceWindow | undefined;
  /** Every verifier's: they follow the servers' clock together. */
  const clocks = new Set<AcceptanceWindow['clock']>();
  let starting: Start | undefined;
  let closed = false;

  const engine = (): Promise<Engine> => {
    if (closed) throw new Error(CLOSED);
    if (window === undefined) throw new TypeError('store: attach an acceptance window before admitting');
    if (starting === undefined) {
      const started = startEngine(open, settings, window, buckets, warn, injected.time, follow, () =>
        restart(started),
      );
      starting = started;
      started.engine.catch((error: unknown) => {
        if (!closed) warn('start', error instanceof Error ? error.message : String(error));
        setTimeout(restart, START_AGAIN_MS, started).unref();
      });
    }
    return starting.engine;
  };
  const follow = (serverMs: number, elapsedMs: number): void => {
    if (injected.time === undefined) for (const clock of clocks) clock.follow(serverMs, elapsedMs);
  };
  const restart = (old: Start): void => {
    if (starting !== old || closed) return;
    starting = undefined;
    old.stop();
    engine().catch(() => {});
  };
  const bucketOf = (name: string): Bucket => buckets[bucketIndex(name, buckets.length)] as Bucket;

  /** Asks until the key is at home where it is asked for; `late` tells that nobody waits any more. */
  async function attempt(
    by: AcceptanceWindow,
    admission: Admission,
    byMs: number,
    late: () => boolean,
  ): Promise<AdmissionResult> {
    const { run, undo, scripts, bringHome, confirm, touchAll } = await engine();
    const { key, owner } = admission;
    const bucket = bucketOf(owner);
    const native = key === owner ? bucket : bucketOf(key);
    const args = admitArguments(admission, byMs, native === bucket);
    if (late()) return unavailable('late');
    let { reply, link } = await run(scripts.admit, bucket, args);
    if (reply[0] === REPLY.notHere) {
      await bringHome(key, native, bucket);
      if (late()) return unavailable('late');
      ({ reply, link } = await run(scripts.admit, bucket, args));
    }
    if (reply[0] === REPLY.admitted) {
      const connection = link.connection();
      const confirmed = await confirm(link);
      if (!confirmed || late()) {
        // Once, and only on the connection that brought the answer: elsewhere it could undo another's admission.
        if (link.connection() === connection) {
          const at = admitArguments(admission, Number(reply[2]), native === bucket);
          undo(link, bucket, at).catch(() => {});
        }
        return unavailable('too few replicas have it: it was undone');
      }
    }
    const result = admissionResult(reply, admission, by);
    if (result.outcome === 'recovering' && reply[4] === 1) touchAll().catch(() => {});
    return result;
  }

  return {
    attach: (attached) => {
      window ??= attached;
      requireSameTolerance(window, attached);
      clocks.add(attached.clock);
      engine().catch(() => {});
    },
    ready: async () => {
      const { touchAll } = await engine();
      await touchAll();
    },
    admit: (admission) => {
      if (window === undefined) throw new TypeError('store: attach an acceptance window before admitting');
      if (closed) return unavailable(CLOSED);
      const by = window;
      const withinMs = Math.min(settings.timeoutMs, admission.withinMs ?? settings.timeoutMs);
      return new Promise((resolve) => {
        let late = false;
        const stop = startDeadline(withinMs, () => {
          late = true;
          resolve(unavailable(`no answer within ${withinMs} ms`));
        });
        attempt(by, admission, by.clock.nowMs() + withinMs, () => late)
          .catch((error: unknown) => unavailable(error instanceof Error ? error.message : String(error)))
          .then((result) => {
            stop();
            resolve(result);
          });
      });
    },
    declareStale: async (key, owner, signedAtMs) => {
      const { run, scripts } = await engine();
      const by = window as AcceptanceWindow;
      const byMs = by.clock.nowMs() + settings.timeoutMs;
      const { reply } = await run(scripts.declare, bucketOf(owner), [byMs, key, signedAtMs]);
      if (reply[0] === REPLY.stale) return staleSince(by, signedAtMs, reply[1]);
      if (reply[0] === REPLY.fresh) return undefined;
      throw new Error('the store could not tell');
    },
    close: async () => {
      closed = true;
      starting?.stop();
    },
  };
}
