/**
 * `--console`: the demo as a web page. It shows the verdicts of the server processes as they are given, and has a button
 * for each step. Every step gets a world that nobody used before it, so that steps can be fired in any order and again.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConsole, ownNames, type Scenario } from '@countersign/console';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Sabotage } from './server/sabotage.js';
import { carryOut, type Finding, type Step } from './step.js';
import { openWorld } from './world.js';
import { createWorlds, type Worlds } from './worlds.js';

export interface DemoConsole {
  readonly address: string;
  readonly close: () => Promise<void>;
}

/**
 * Opens it, on loopback.
 *
 * @param onFinding hears what each step found
 * @throws Error with what a server says that cannot start
 */
export async function openConsole(
  steps: readonly Step[],
  sabotage: Sabotage | undefined,
  onFinding: (finding: Finding) => void,
): Promise<DemoConsole> {
  const worlds = createWorlds(() => openWorld(sabotage, (event) => live.onVerdict(event)));
  const live = createConsole({ scenarios: scenariosOf(steps, worlds, onFinding) });
  await worlds.ready();

  const app = new Hono();
  app.use(ownNames());
  app.route('/', live.app);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      live.close();
      server.closeAllConnections();
      server.close();
      await worlds.close();
    },
  };
}

function scenariosOf(
  steps: readonly Step[],
  worlds: Worlds,
  onFinding: (finding: Finding) => void,
): readonly Scenario[] {
  const fire = async (fired: readonly Step[], signal: AbortSignal): Promise<readonly Finding[]> => {
    const atTheBeginning = fired.some((step) => step.atTheBeginning === true);
    return worlds.use(atTheBeginning, signal, async (world) => {
      const findings: Finding[] = [];
      for (const step of fired) {
        const finding = await carryOut(step, world);
        // Its processes were ended: what it found says nothing.
        signal.throwIfAborted();
        onFinding(finding);
        findings.push(finding);
      }
      return findings;
    });
  };
  const alone = steps.filter(({ ofTheWholeRun }) => ofTheWholeRun !== true);
  const each = alone.map((step): Scenario => {
    const { name, promise } = step;
    return {
      id: idOf(name),
      title: name,
      what: promise,
      run: async (signal) => {
        const [finding] = await fire([step], signal);
        const { kept = false, happened = '', broken = [] } = finding ?? {};
        // Of what was thrown only what it says, not where.
        if (!kept) throw new Error(`broken promise: ${broken.map((each) => each.split('\n')[0]).join('; ')}`);
        return happened;
      },
    };
  });
  const all: Scenario = {
    id: 'all',
    title: 'all of them',
    what: 'one after the other in one world, as without --console: every promise is kept',
    run: async (signal) => {
      const findings = await fire(steps, signal);
      const broken = findings.filter(({ kept }) => !kept).map(({ step }) => step.name);
      if (broken.length === 0) return `${findings.length} of ${findings.length} promises kept`;
      throw new Error(`${broken.length} of ${findings.length} promises broken: ${broken.join('; ')}`);
    },
  };
  return steps.length === 1 && alone.length === 1 ? each : [...each, all];
}

/** A step's name as it stands in the address of its button. */
function idOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64);
}
