/**
 * What a probe found: the shape of `countersign probe --json`, which pipelines read. It is only added to: ids, outcomes
 * and members keep their meaning. How it is shown to people is `report-text.ts`'s.
 */

/**
 * `refused`: the endpoint withstood. `got-through`: a hole. `not-tried`: nothing was learnt, because an option is
 * missing or the answer decides nothing; the reason says which.
 */
export type Outcome = 'refused' | 'got-through' | 'not-tried';

/** What was sent and what came back. No secret and no full signature is in it. */
export interface Evidence {
  /** Which variant of the attack this was, in words. */
  readonly variant: string;
  /** The request as it went over the wire, each signature cut short. */
  readonly sent: string;
  /** The status of the answer; 0 when the connection was closed without one. */
  readonly status: number;
  /** The code of the problem document, where the answer was one. */
  readonly code?: string;
  /** The beginning of the answer's body. */
  readonly answer: string;
}

/** What became of one attack. */
export interface Finding {
  /** Stable: what `--only` takes. */
  readonly id: string;
  /** Attacks of one kind are shown together. */
  readonly group: string;
  /** What was tried, in a sentence. */
  readonly attack: string;
  /** The line of the attack catalogue that this repository's tests are named for, word for word, where the attack is of one. */
  readonly catalogue?: string;
  readonly outcome: Outcome;
  /** What came of it, in a sentence. */
  readonly reason: string;
  /** Always there when the attack got through. */
  readonly evidence?: Evidence;
}

export interface Summary {
  readonly refused: number;
  readonly gotThrough: number;
  readonly notTried: number;
}

export interface ProbeReport {
  /** Method and URL, for example `POST https://api.example.com/v1/orders`. */
  readonly target: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly requestsSent: number;
  /** In the order in which the attacks were run. */
  readonly findings: readonly Finding[];
  readonly summary: Summary;
}

/** Counts findings by their outcome. */
export function summarize(findings: readonly Finding[]): Summary {
  const count = (outcome: Outcome): number =>
    findings.filter((finding) => finding.outcome === outcome).length;
  return { refused: count('refused'), gotThrough: count('got-through'), notTried: count('not-tried') };
}
