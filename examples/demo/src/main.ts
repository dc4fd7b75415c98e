/**
 * The demo: builds a world of processes, carries the steps out, reports, and exits with 0 only if every promise was
 * kept. What is promised stands in `steps/`.
 */
import { readFlags, USAGE } from './flags.js';
import { jsonReporter, type Reporter, summarize, textReporter } from './report.js';
import { SABOTAGES, type Sabotage } from './server/sabotage.js';
import { carryOut, type Finding, type Step } from './step.js';
import { STEPS } from './steps/index.js';
import { openWorld, type World } from './world.js';

const INTERRUPTED = 130;

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = flagsOrUndefined();
  if (flags === undefined) return 2;
  if (flags.help) {
    console.log(USAGE);
    return 0;
  }
  const { only = '', sabotage } = flags;
  const steps = STEPS.filter(({ name, promise }) =>
    `${name} ${promise}`.toLowerCase().includes(only.toLowerCase()),
  );
  if (steps.length === 0) {
    console.error(`--only: no step contains ${JSON.stringify(only)}`);
    return 2;
  }
  const { NO_COLOR } = process.env;
  const colour = process.stdout.isTTY === true && !NO_COLOR;
  const write = (line: string): void => console.log(line);
  const reporter = flags.json ? jsonReporter(write) : textReporter(steps, write, colour);
  if (flags.console) return watch(steps, sabotage, reporter);
  const startedMs = performance.now();
  const opening = openWorld(sabotage);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    void opening.then((world) => world.close()).finally(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);

  let world: World;
  try {
    world = await opening;
  } catch (error) {
    return cannotStart(error);
  }
  try {
    reporter.begin(sabotage && SABOTAGES[sabotage]);
    const findings: Finding[] = [];
    for (const step of steps) {
      const finding = await carryOut(step, world);
      // Its processes were ended: what it found says nothing.
      if (interrupted) return INTERRUPTED;
      findings.push(finding);
      reporter.step(finding);
    }
    const summary = summarize(findings, world, performance.now() - startedMs);
    reporter.end(summary);
    return summary.kept === summary.steps ? 0 : 1;
  } finally {
    await world.close();
  }
}

/** `--console`: until Ctrl-C, which is how it is meant to end. */
async function watch(
  steps: readonly Step[],
  sabotage: Sabotage | undefined,
  reporter: Reporter,
): Promise<number> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const opening = import('./console.js').then(({ openConsole }) =>
    openConsole(steps, sabotage, reporter.step),
  );
  try {
    reporter.opened((await opening).address);
    reporter.begin(sabotage && SABOTAGES[sabotage]);
  } catch (error) {
    return cannotStart(error);
  }
  await interrupted;
  await (await opening).close();
  // Steps that were cut off may still wait for processes that are gone.
  process.exit(0);
}

function cannotStart(error: unknown): number {
  console.error(`the demo cannot start: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
}

function flagsOrUndefined(): ReturnType<typeof readFlags> | undefined {
  try {
    return readFlags(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}
