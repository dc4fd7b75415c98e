/** What a step is, and how steps are carried out: in their order, one at a time, each to its end whatever it finds. */
import type { World } from './world.js';

export interface Step {
  /** What is tried. */
  readonly name: string;
  /** What must happen. */
  readonly promise: string;
  /** Whether it wants the services as they are when they have just begun. Default: as they are in daily work. */
  readonly atTheBeginning?: boolean;
  /** Whether it looks at what the steps before it have left, and so says nothing alone. */
  readonly ofTheWholeRun?: boolean;
  readonly run: (world: World, checks: Checks) => Promise<string>;
}

/** What a step found. */
export interface Finding {
  readonly step: Step;
  readonly kept: boolean;
  /** What happened, in few words. */
  readonly happened: string;
  /** What was not as promised, one sentence each. */
  readonly broken: readonly string[];
  readonly durationMs: number;
}

/** Collects what was not as promised. */
export interface Checks {
  readonly must: (condition: boolean, otherwise: string) => void;
  readonly equal: (what: string, actual: unknown, expected: unknown) => void;
}

const STEP_TIMEOUT_MS = 30_000;

/** Carries one step out. Never rejects: what is thrown is a broken promise. */
export async function carryOut(step: Step, world: World): Promise<Finding> {
  if (step.atTheBeginning !== true) await settled(world);
  const found = new Set<string>();
  const must: Checks['must'] = (condition, otherwise) => {
    if (!condition) found.add(otherwise);
  };
  const checks: Checks = {
    must,
    equal: (what, actual, expected) =>
      must(actual === expected, `${what}: expected ${String(expected)}, got ${String(actual)}`),
  };
  const startedMs = performance.now();
  let happened: string;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end within ${STEP_TIMEOUT_MS} ms`)), STEP_TIMEOUT_MS);
    });
    happened = await Promise.race([step.run(world, checks), late]);
  } catch (error) {
    happened = 'it could not be carried out';
    found.add(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    clearTimeout(timer);
  }
  const durationMs = performance.now() - startedMs;
  return { step, kept: found.size === 0, happened, broken: [...found], durationMs };
}

/** Waits out what a new horizon file costs. */
async function settled({ orders }: World): Promise<void> {
  await pause(orders.refusesUntilMs + 1 - Date.now());
}

export function pause(waitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.ceil(waitMs))));
}
