/**
 * The scripts themselves, on a real server and on a clock that a test moves: a few buckets under a prefix of their own,
 * which were there long before, so that nothing in them is under a horizon.
 */
import { type Admission, type AdmissionResult, acceptanceWindow } from '@countersign/server';
import { type FakeClock, fakeClock, TOLERANCE } from '@countersign/testkit/store-contract';
import { admitArguments } from '../src/admit-arguments.js';
import { type Bucket, bucketIndex, createBuckets } from '../src/bucket-names.js';
import type { Route } from '../src/link/route.js';
import type { Argument, Reply } from '../src/link/wire.js';
import { admissionResult } from '../src/replies.js';
import type { ScriptSettings } from '../src/script/bucket.js';
import { compileScripts, type Script, type Scripts } from '../src/scripts.js';

const LONG_BEFORE_MS = 40_000_000;
let laboratories = 0;

/** An admission that was asked for, and what an undo has to say of it. */
export interface Asked {
  readonly admission: Admission;
  readonly result: AdmissionResult;
  readonly atMs: number;
}

export interface Laboratory {
  readonly clock: FakeClock;
  readonly scripts: Scripts;
  readonly buckets: readonly Bucket[];
  readonly bucketOf: (name: string) => Bucket;
  /** `byMs`: the time by which it must run; default any. */
  readonly admit: (admission: Admission, byMs?: number) => Promise<Asked>;
  readonly undo: (asked: Asked) => Promise<void>;
  /** Sweeps a bucket to its end. */
  readonly sweep: (bucket?: Bucket) => Promise<void>;
  readonly run: (script: Script, bucket: Bucket, args: readonly Argument[]) => Promise<Reply>;
}

export type LaboratorySettings = Partial<ScriptSettings> & { readonly bucketCount?: number };

export async function laboratory(
  route: Route,
  { bucketCount = 1, ...settings }: LaboratorySettings = {},
): Promise<Laboratory> {
  const clock = fakeClock();
  const window = acceptanceWindow(clock.clock, TOLERANCE);
  const scripts = compileScripts({
    ...TOLERANCE,
    deposedMs: 0,
    maxNonces: 1_000_000,
    maxBudgetsPerOwner: 1_000,
    injectedTime: true,
    ...settings,
  });
  const buckets = createBuckets(`l${process.pid}-${laboratories++}`, bucketCount);
  const bucketOf = (name: string): Bucket => buckets[bucketIndex(name, buckets.length)] as Bucket;
  let agoMs = LONG_BEFORE_MS;
  const run: Laboratory['run'] = async (script, bucket, args) => {
    const time = [clock.nowMs() - agoMs, clock.monotonicMs()];
    return (await route.run(script, bucket, [...args, ...time])).reply;
  };
  const asked = (admission: Admission, byMs: number): [Bucket, Argument[]] => {
    const bucket = bucketOf(admission.owner);
    return [bucket, admitArguments(admission, byMs, bucketOf(admission.key) === bucket)];
  };
  for (const bucket of buckets) await run(scripts.touch, bucket, ['']);
  agoMs = 0;
  return {
    clock,
    scripts,
    buckets,
    bucketOf,
    run,
    admit: async (admission, byMs = 0) => {
      const reply = await run(scripts.admit, ...asked(admission, byMs));
      return { admission, result: admissionResult(reply, admission, window), atMs: Number(reply[2]) };
    },
    undo: async ({ admission, atMs }) => {
      await run(scripts.undo, ...asked(admission, atMs));
    },
    sweep: async (bucket = buckets[0] as Bucket) => {
      let cursor: unknown = '0';
      do cursor = (await run(scripts.touch, bucket, [String(cursor)]))[3];
      while (cursor !== '0');
    },
  };
}
