/** What goes from the server to the Live page, as types. Nothing in it is a secret, a signature or a header value. */
import type { RefusalCode } from '@countersign/server';

export type VerdictCode = RefusalCode | 'admitted';

/** What was seen in a quarter of a second or so. Its size is bounded, whatever arrived in it. */
export interface Tick {
  /** The console's clock when the tick ended, Unix time in milliseconds. */
  readonly at: number;
  /** How many verdicts there were, by code and owner. Exact. */
  readonly counts: readonly Count[];
  /** The level of each budget that was charged or found spent, as the last verdict in the tick had it. */
  readonly levels: readonly Level[];
  /** Some of the verdicts: all of them, unless there are too many. */
  readonly rows: readonly Row[];
}

/** A code, how often, and the owner; without one where no key was proved, or too many owners were seen at once. */
export type Count = readonly [code: VerdictCode, count: number, owner?: string];

/** What a budget of an owner has left. */
export interface Level {
  readonly owner: string;
  /** Scope and rate, e.g. `orders:write 60/60s`. */
  readonly policy: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly remaining: number;
  readonly violated?: true;
}

/** One verdict, cut down to what the page shows. */
export interface Row {
  readonly at: number;
  readonly code: VerdictCode;
  readonly status: number;
  readonly ms: number;
  readonly method: string;
  /** The raw target without the values in its query. */
  readonly target: string;
  readonly proved: boolean;
  readonly key?: string;
  readonly owner?: string;
  readonly scope?: string;
  readonly reason?: string;
  readonly address?: string;
}

/** The first event on a stream. */
export interface Hello {
  readonly now: number;
  /** Whether the stream goes on where the page's last one ended. */
  readonly resumed: boolean;
}

/** Verdicts that a page will never see, because it read too slowly or was away too long. */
export interface Lost {
  readonly verdicts: number;
}

/** A button. */
export interface ScenarioButton {
  readonly id: string;
  readonly title: string;
  readonly what: string;
}

/** What came of a scenario. */
export interface ScenarioOutcome {
  readonly ok: boolean;
  readonly outcome: string;
}
