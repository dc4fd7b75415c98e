/**
 * What a cached directory must do, said naively: a record of what was asked when, and the rules for what of it still
 * holds. The real one is driven beside it, by the same commands, in fake time.
 */
import { vi } from 'vitest';
import { cachedDirectory } from '../../src/keys/cached-directory.js';
import type { KeyConfig } from '../../src/keys/key.js';

export const TTL_MS = 30_000;
export const NEGATIVE_TTL_MS = 5_000;
export const TIMEOUT_MS = 2_000;
export const IDS = ['a', '__proto__', 'constructor'] as const;
export type Id = (typeof IDS)[number];

/** The owner tells which version of a key an answer is about. */
export type Version = string | undefined;
type Outcome = { readonly version: Version } | 'failed' | 'timed-out';

interface ModelQuestion {
  readonly id: Id;
  readonly askedAtMs: number;
  /** What the database said when it was asked. */
  readonly version: Version;
  outcome?: Outcome;
  detached: boolean;
}

interface Known {
  readonly version: Version;
  readonly askedAtMs: number;
  refreshAtMs: number;
}

export class Model {
  nowMs = 0;
  readonly database = new Map<Id, Version>(IDS.map((id) => [id, 'v0']));
  readonly known = new Map<Id, Known>();
  readonly questions: ModelQuestion[] = [];
  readonly calls: (ModelQuestion | { outcome: Outcome })[] = [];

  peek(id: Id): { version: Version } | undefined {
    const known = this.known.get(id);
    if (known === undefined) return undefined;
    const ttlMs = known.version === undefined ? NEGATIVE_TTL_MS : TTL_MS;
    return this.nowMs - known.askedAtMs < ttlMs ? { version: known.version } : undefined;
  }

  find(id: Id): void {
    this.calls.push(this.#asOutcome(this.peek(id)) ?? this.#ask(id));
  }

  touch(id: Id): void {
    const known = this.known.get(id);
    if (known === undefined || this.peek(id)?.version === undefined || this.nowMs < known.refreshAtMs) return;
    known.refreshAtMs = this.nowMs + 1_000;
    this.#ask(id);
  }

  invalidate(id: Id): void {
    this.known.delete(id);
    for (const question of this.questions) if (question.id === id) question.detached = true;
  }

  settle(index: number, failed: boolean): void {
    const question = this.questions[index];
    if (question === undefined || question.outcome !== undefined) return;
    const { id, version, askedAtMs } = question;
    question.outcome = failed ? 'failed' : { version };
    if (failed || question.detached) return;
    this.known.set(id, { version, askedAtMs, refreshAtMs: askedAtMs + (TTL_MS * 2) / 3 });
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const question of this.questions) {
      if (this.nowMs - question.askedAtMs >= TIMEOUT_MS) question.outcome ??= 'timed-out';
    }
  }

  #asOutcome(version: { version: Version } | undefined): { outcome: Outcome } | undefined {
    return version === undefined ? undefined : { outcome: version };
  }

  #ask(id: Id): ModelQuestion {
    const underWay = this.questions.find(
      (one) => one.id === id && !one.detached && one.outcome === undefined,
    );
    if (underWay !== undefined) return underWay;
    const version = this.database.get(id);
    const question: ModelQuestion = { id, askedAtMs: this.nowMs, version, detached: false };
    this.questions.push(question);
    return question;
  }
}

interface RealQuestion {
  readonly id: string;
  readonly resolve: () => void;
  readonly reject: () => void;
}

/** The directory, its database and everything that was asked of them. */
export class Real {
  readonly database = new Map<string, Version>(IDS.map((id) => [id, 'v0']));
  readonly questions: RealQuestion[] = [];
  readonly calls: { outcome?: Outcome }[] = [];
  readonly directory = cachedDirectory(
    (id) =>
      new Promise((resolve, reject) => {
        const version = this.database.get(id);
        const record: KeyConfig | undefined =
          version === undefined ? undefined : { secret: new Uint8Array(32), scopes: [], owner: version };
        this.questions.push({ id, resolve: () => resolve(record), reject: () => reject(new Error('down')) });
      }),
    { ttlMs: TTL_MS, negativeTtlMs: NEGATIVE_TTL_MS, timeoutMs: TIMEOUT_MS },
  );

  find(id: string): void {
    const call: { outcome?: Outcome } = {};
    this.calls.push(call);
    this.directory.find(id).then(
      (key) => {
        call.outcome = { version: key?.owner };
      },
      (error) => {
        call.outcome = error.reason;
      },
    );
  }

  peek(id: string): { version: Version } | undefined {
    const answer = this.directory.peek(id);
    return answer === undefined ? undefined : { version: answer.key?.owner };
  }
}

/** Lets everything happen that is due by now. */
export async function catchUp(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
