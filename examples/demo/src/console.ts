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
        const findings = await fire([step], signal);
        throwBroken(findings);
        return findings.map(({ happened }) => happened).join();
      },
    };
  });
  const all: Scenario = {
    id: 'all',
    title: 'all of them',
    what: 'one after the other in one world, as without --console: every promise is kept',
    run: async (signal) => {
      const findings = await fire(steps, signal);
      throwBroken(findings);
      return `${findings.length} of ${findings.length} promises kept`;
    },
  };
  return steps.length > 1 ? [...each, all] : each;
}

/** @throws Error that says what was not as promised */
function throwBroken(findings: readonly Finding[]): void {
  const broken = findings.filter(({ kept }) => !kept);
  if (broken.length === 0) return;
  const told = broken.map(({ step, broken: [first = ''] }) => `${step.name}: ${first.split('\n')[0]}`);
  throw new Error(`broken promise: ${told.join('; ')}`);
}

/** A step's name as it stands in the address of its button. */
function idOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64);
}
