/**
 * Brings a key home: to the bucket of the owner that it has now. Needed when a key of an owner with another name is
 * new, when it was given to another owner, and once an hour (`script/homes.ts` has the rules). It admits nothing.
 */
import type { Bucket } from './bucket-names.js';
import type { Argument, Reply } from './link/wire.js';
import { REPLY } from './script/bucket.js';
import type { Script, Scripts } from './scripts.js';

export interface Homes {
  /** Resolves when the key is at home in `bucket`; rejects when that cannot be reached in time. */
  readonly bringHome: (key: string, native: Bucket, bucket: Bucket) => Promise<void>;
}

/** For how long a move may take. */
const MOVE_MS = 1_000;
/** How often a move is begun before it is given up. */
const ATTEMPTS = 3;

/**
 * @param run runs a script at a bucket
 * @param bucketOf the bucket with this Redis key
 * @param nowMs the servers' time
 */
export function createHomes(
  scripts: Scripts,
  run: (script: Script, bucket: Bucket, args: readonly Argument[]) => Promise<Reply>,
  bucketOf: (key: string) => Bucket | undefined,
  nowMs: () => number,
): Homes {
  const moving = new Map<string, Promise<void>>();

  /** Whether it came through; false when a later move was met, or a step came to its turn too late. */
  const move = async (key: string, native: Bucket, bucket: Bucket): Promise<boolean> => {
    const byMs = nowMs() + MOVE_MS;
    const claimed = await run(scripts.claim, native, [byMs, key, bucket.key]);
    if (!isDone(claimed)) return false;
    const [, , number, untilMs, horizonMs, ...others] = claimed as readonly [
      number,
      number,
      number,
      number,
      number,
      ...string[],
    ];
    let aboveMs = horizonMs;
    for (const other of others) {
      const left = bucketOf(other);
      if (left === undefined)
        throw new Error(`no bucket ${other}: was it made by a store with other options?`);
      const reply = await run(scripts.leave, left, [byMs, key, number]);
      if (!isDone(reply)) return false;
      aboveMs = Math.max(aboveMs, Number(reply[2]));
    }
    return isDone(await run(scripts.settle, bucket, [byMs, key, number, untilMs, aboveMs]));
  };
  const moveUntilDone = async (key: string, native: Bucket, bucket: Bucket): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) if (await move(key, native, bucket)) return;
    throw new Error(
      `key ${key} could not be brought to its owner: the servers are slow, or other processes know another owner for it`,
    );
  };

  return {
    bringHome: (key, native, bucket) => {
      const id = `${bucket.key} ${key}`;
      let moved = moving.get(id);
      if (moved === undefined) {
        moved = moveUntilDone(key, native, bucket).finally(() => moving.delete(id));
        moving.set(id, moved);
      }
      return moved;
    },
  };
}

function isDone([code]: Reply): boolean {
  if (code === REPLY.notHere || code === REPLY.late) return false;
  if (code !== REPLY.fresh) throw new Error(`the server answered ${code}`);
  return true;
}
