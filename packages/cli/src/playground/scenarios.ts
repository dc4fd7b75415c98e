/** The scenarios of the playground, in the order of their buttons, and how they are carried out. */
import { setMaxListeners } from 'node:events';
import type { Scenario } from '@countersign/console';
import { fastClock, slowClock } from './clocks.js';
import { steadyTraffic } from './daily-work.js';
import { dilution, flood, windowEdge } from './floods.js';
import { keyRotation } from './key-rotation.js';
import type { Owner } from './partners.js';
import type { Play } from './play.js';
import type { Playground } from './playground.js';
import { replay, replayTogether } from './replays.js';
import { scopeLifting } from './scope-lifting.js';
import { unknownKey, unsignedFlood, wrongSecret } from './strangers.js';
import { tampering } from './tampering.js';

const PLAYS: readonly Play[] = [
  steadyTraffic,
  replay,
  replayTogether,
  tampering,
  wrongSecret,
  unknownKey,
  slowClock,
  fastClock,
  flood,
  windowEdge,
  dilution,
  unsignedFlood,
  scopeLifting,
  keyRotation,
];

/** The buttons for a playground. What the plays of one owner count on, they would take from each other: each waits its turn. */
export function scenariosOf(ground: Playground): readonly Scenario[] {
  const turns = new Map<Owner, Promise<unknown>>();
  return PLAYS.map(({ id, title, what, owner, run }) => ({
    id,
    title,
    what,
    run: (signal) => {
      const own = AbortSignal.any([signal]);
      // Each request of a flood listens to it.
      setMaxListeners(0, own);
      const before = turns.get(owner) ?? Promise.resolve();
      const turn = before.then(() => {
        own.throwIfAborted();
        return run(ground, own);
      });
      turns.set(
        owner,
        turn.catch(() => undefined),
      );
      return turn;
    },
  }));
}
