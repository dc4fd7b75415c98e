/** The scenarios: what there is to fire, and firing one. Each runs once at a time, and never for longer than three minutes. */
import { Hono } from 'hono';
import { redact } from './redact.js';
import type { Scenario } from './scenario.js';
import type { ScenarioButton, ScenarioOutcome } from './wire.js';

const ID = /^[a-z0-9-]{1,64}$/;
const MAX_RUN_MS = 180_000;

/**
 * The routes of the scenarios.
 *
 * @param closing aborts whatever runs
 * @throws RangeError for an id that is not 1 to 64 of `a-z 0-9 -`, or stands twice
 */
export function scenarioRoutes(scenarios: readonly Scenario[], closing: AbortSignal): Hono {
  const byId = new Map<string, Scenario>();
  for (const scenario of scenarios) {
    const { id } = scenario;
    if (!ID.test(id) || byId.has(id)) {
      throw new RangeError(`scenarios: ${JSON.stringify(id)} stands twice, or is not 1 to 64 of a-z 0-9 -`);
    }
    byId.set(id, scenario);
  }
  const buttons: ScenarioButton[] = scenarios.map(({ id, title, what }) => ({ id, title, what }));
  const running = new Set<string>();
  const app = new Hono();

  app.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
  });
  // A scenario takes no body; a request that claims one might be of a kind that the check of its origin leaves alone.
  app.post('*', async (c, next) =>
    c.req.header('content-type') === undefined ? next() : c.text('a scenario takes no body', 415),
  );
  app.get('/', (c) => c.json(buttons));
  app.post('/:id', async (c) => {
    const scenario = byId.get(c.req.param('id'));
    if (scenario === undefined) return c.notFound();
    if (running.has(scenario.id)) {
      return c.json<ScenarioOutcome>({ ok: false, outcome: 'It is running already.' }, 409);
    }
    running.add(scenario.id);
    const signal = AbortSignal.any([closing, AbortSignal.timeout(MAX_RUN_MS)]);
    // It counts as running until it has really ended, also where it does not heed the signal.
    const run = start(scenario, signal).finally(() => running.delete(scenario.id));
    return c.json(await Promise.race([run, aborted(signal)]));
  });
  return app;
}

async function start({ run }: Scenario, signal: AbortSignal): Promise<ScenarioOutcome> {
  try {
    return { ok: true, outcome: redact(await run(signal)) };
  } catch (error) {
    return { ok: false, outcome: redact(error instanceof Error ? error.message : String(error)) };
  }
}

function aborted(signal: AbortSignal): Promise<ScenarioOutcome> {
  return new Promise((resolve) => {
    const end = (): void => resolve({ ok: false, outcome: 'It was ended before it was done.' });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
