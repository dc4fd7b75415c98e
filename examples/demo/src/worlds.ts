/**
 * Worlds for steps that are fired one by one: one stands ready, each is used once and then ended while the next is being
 * built. What a step leaves behind, spent budgets and healed clocks, is no other step's beginning.
 */
import type { World } from './world.js';

export interface Worlds {
  /** Rejects when no world can be built. */
  readonly ready: () => Promise<void>;
  /**
   * Does something with a world of its own, when those who asked before are done. At an abort the world ends, and the
   * returned promise rejects with the reason.
   *
   * @param atTheBeginning whether the world must have been built for this very use
   */
  readonly use: <T>(
    atTheBeginning: boolean,
    signal: AbortSignal,
    work: (world: World) => Promise<T>,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
}

export function createWorlds(open: () => Promise<World>): Worlds {
  let closing = false;
  let turn: Promise<unknown> = Promise.resolve();
  let next = build();

  function build(): Promise<World> {
    const world = open();
    // Whoever uses it is told; nobody may.
    world.catch(() => {});
    return world;
  }
  const end = async (): Promise<void> => {
    const world = await next.catch(() => undefined);
    await world?.close();
  };
  const useOne: Worlds['use'] = async (atTheBeginning, signal, work) => {
    signal.throwIfAborted();
    if (atTheBeginning) {
      await end();
      next = build();
    }
    try {
      const world = await next;
      signal.throwIfAborted();
      return await Promise.race([work(world), rejectedAt(signal)]);
    } finally {
      await end();
      if (!closing) next = build();
    }
  };

  return {
    ready: async () => void (await next),
    use: (atTheBeginning, signal, work) => {
      const mine = turn.then(() => useOne(atTheBeginning, signal, work));
      turn = mine.catch(() => {});
      return mine;
    },
    close: async () => {
      closing = true;
      await turn;
      await end();
    },
  };
}

function rejectedAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
