/** Clients that call all the time, each with a secret of its own choice, and what became of their calls. */
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOrder, rotatingFetch } from './client.js';

const PAUSE_MS = 10;

export interface Client {
  /** What it signs with from the next call on. */
  secret: string;
}

export interface Load {
  readonly clients: readonly Client[];
  /** How many calls were answered and how many of them were refused, since the last time it was asked. */
  readonly count: () => { answered: number; refused: number };
  /** Waits until each client has had a number of answers from now on. */
  readonly answers: (each: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function startLoad(api: string, keyId: string, secrets: readonly string[]): Load {
  let [stopped, answered, refused] = [false, 0, 0];
  const clients = secrets.map((secret) => ({ secret, answers: 0 }));
  const run = async (client: (typeof clients)[number]): Promise<void> => {
    const fetch = rotatingFetch(keyId, () => client.secret);
    while (!stopped) {
      await placeOrder(fetch, api).catch(() => {
        refused += 1;
      });
      answered += 1;
      client.answers += 1;
      await sleep(PAUSE_MS);
    }
  };
  const running = clients.map(run);
  return {
    clients,
    count: () => {
      const counted = { answered, refused };
      [answered, refused] = [0, 0];
      return counted;
    },
    answers: async (each) => {
      const goals = clients.map((client) => client.answers + each);
      while (clients.some(({ answers }, n) => answers < (goals[n] ?? 0))) await sleep(PAUSE_MS);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
}
