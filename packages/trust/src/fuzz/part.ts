/**
 * What a fuzz campaign is made of: parts, each with inputs of one kind and a judge. A judge that finds something throws;
 * what it throws, with the seed that brings the input back, is a finding. Nothing here knows what is fuzzed.
 */
import fc from 'fast-check';

/** How often each outcome was seen: a campaign that reaches one refusal only has tried little. */
export type Tally = Map<string, number>;

/** What a part came to. Plain data, for it crosses a process boundary. */
export interface PartResult {
  readonly inputs: number;
  /** How often each outcome was seen. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Each with what brings it back. */
  readonly findings: readonly string[];
}

export interface Part {
  readonly name: string;
  /** A line for people: what goes in, and what must hold. */
  readonly about: string;
  /** Which share of all inputs it gets. All shares together are 1. */
  readonly share: number;
  /** @param tell is told now and then how many inputs were tried */
  readonly run: (inputs: number, seed: number, tell: (tried: number) => void) => Promise<PartResult>;
}

/** Inputs to one run of fast-check. After each, state is made anew and progress is told. */
const CHUNK = 10_000;
/** A part with so many findings has said enough. */
const MAX_FINDINGS = 5;

export interface PropertyPart<Input> extends Pick<Part, 'name' | 'about' | 'share'> {
  readonly inputs: fc.Arbitrary<Input>;
  /** Makes the judge of a chunk: throws, or rejects, when something does not hold that must. */
  readonly judge: (tally: Tally) => (input: Input) => void | Promise<void>;
}

/** A part whose inputs fast-check makes, and shrinks when one is a finding. */
export function propertyPart<Input>({ inputs: arbitrary, judge, ...named }: PropertyPart<Input>): Part {
  const run: Part['run'] = async (inputs, seed, tell) => {
    const tally: Tally = new Map();
    const findings: string[] = [];
    for (let tried = 0, chunk = 0; tried < inputs && findings.length < MAX_FINDINGS; chunk++) {
      const numRuns = Math.min(CHUNK, inputs - tried);
      const judged = judge(tally);
      const property = fc.asyncProperty(arbitrary, async (input) => {
        await judged(input);
      });
      const details = await fc.check(property, { numRuns, seed: seed + chunk, endOnFailure: false });
      if (details.failed)
        findings.push(`${named.name}: ${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}`);
      tried += numRuns;
      tell(tried);
    }
    return { inputs, outcomes: Object.fromEntries(tally), findings };
  };
  return { ...named, run };
}

export function count(tally: Tally, outcome: string): void {
  tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
}
