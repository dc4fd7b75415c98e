/**
 * A check, and what came of it: the protocol between a runtime and the harness that started it. It needs nothing of any
 * runtime but the language.
 */

/** The columns of the table. */
export type Group = 'canonical' | 'client' | 'server';

export interface Check {
  readonly group: Group;
  /** Unique in a suite. */
  readonly name: string;
  /** Throws, or rejects, when the check does not hold. A text that it gives is a remark for the table. */
  readonly run: () => unknown;
}

/** What came of one check; one JSON object a line where it goes over a pipe or a socket. */
export interface Outcome {
  readonly group: Group;
  readonly name: string;
  readonly ok: boolean;
  /** Why not, or a remark. */
  readonly detail?: string;
}

/** The last line: how many outcomes there were, so that a suite that broke off is noticed. */
export interface End {
  readonly end: number;
  /** The runtime's own word for itself. */
  readonly runtime: string;
}

const TIMEOUT_MS = 20_000;

/** Runs the checks in their order, each alone. */
export async function runChecks(checks: readonly Check[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of checks) outcomes.push(await outcomeOf(check));
  return outcomes;
}

async function outcomeOf({ group, name, run }: Check): Promise<Outcome> {
  try {
    const remark: unknown = await inTime(run);
    return typeof remark === 'string' ? { group, name, ok: true, detail: remark } : { group, name, ok: true };
  } catch (error) {
    return { group, name, ok: false, detail: told(error) };
  }
}

async function inTime(run: () => unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The outcomes as lines, the last one included. */
export function toLines(outcomes: readonly Outcome[], runtime: string): string {
  const end: End = { end: outcomes.length, runtime };
  return [...outcomes, end].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Throws unless both have the same JSON. */
export function equal(actual: unknown, expected: unknown, what = 'it'): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what} is ${is}, and should be ${should}`);
}

/** Throws unless this throws an error with that name or code, or a message that begins with it. */
export async function throws(run: () => unknown, expected: string): Promise<void> {
  let thrown: unknown;
  try {
    await run();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, and ${expected} should be`);
  const { name, code, message }: { name?: unknown; code?: unknown; message?: unknown } = Object(thrown);
  if (name === expected || code === expected || String(message).startsWith(expected)) return;
  throw new Error(`${told(thrown)} was thrown, and should be ${expected}`);
}

export function told(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
