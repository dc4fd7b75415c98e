/** A mistake of whoever called: told in one line that says what to do, and ends the process with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `attempt` gives; what it throws becomes a mistake of the caller, with `place` before it. */
export function asUsage<T>(place: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (error) {
    throw new UsageError(`${place}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
