/**
 * Which events were handled already. Longer than the sender's schedule goes on; a recorded delivery cannot come later
 * than its signature is fresh. In memory here: in production a table, written in one transaction with what the event
 * does, so that neither is ever there without the other.
 */

export interface SeenEvents {
  /**
   * Begins to handle an event, if it is new. `running`: another delivery of it is being handled. `done`: it was.
   * `other-body`: there was an event with this id that said something else.
   */
  begin(sender: string, id: string, digest: string): 'new' | 'running' | 'done' | 'other-body';
  /** It was handled, and will not be again. */
  done(sender: string, id: string): void;
  /** It was not handled: the next delivery is new. */
  failed(sender: string, id: string): void;
}

export interface SeenEventsOptions {
  /** Default seven days. */
  readonly rememberMs?: number;
  readonly now?: () => number;
}

interface Seen {
  readonly digest: string;
  readonly seenAtMs: number;
  done: boolean;
}

export function createSeenEvents(options: SeenEventsOptions = {}): SeenEvents {
  const { rememberMs = 7 * 24 * 3_600_000, now = Date.now } = options;
  const events = new Map<string, Seen>();
  const keyOf = (sender: string, id: string): string => JSON.stringify([sender, id]);
  return {
    begin: (sender, id, digest) => {
      for (const [key, { seenAtMs }] of events) {
        if (seenAtMs + rememberMs > now()) break;
        events.delete(key);
      }
      const seen = events.get(keyOf(sender, id));
      if (seen === undefined) {
        events.set(keyOf(sender, id), { digest, seenAtMs: now(), done: false });
        return 'new';
      }
      if (seen.digest !== digest) return 'other-body';
      return seen.done ? 'done' : 'running';
    },
    done: (sender, id) => {
      const seen = events.get(keyOf(sender, id));
      if (seen !== undefined) seen.done = true;
    },
    failed: (sender, id) => {
      events.delete(keyOf(sender, id));
    },
  };
}
