/** The RateLimit fields in words (draft-ietf-httpapi-ratelimit-headers-10): what is left of each budget. */
import { parseList } from 'structured-headers';

/** One line a budget; none where the fields are absent or cannot be read. */
export function budgetLines(rateLimit: string | null, policies: string | null): readonly string[] {
  const limits = new Map(
    readItems(policies).map(({ name, number }) => [name, { limit: number('q'), windowSeconds: number('w') }]),
  );
  return readItems(rateLimit).flatMap(({ name, number }) => {
    const remaining = number('r');
    if (remaining === undefined) return [];
    const { limit, windowSeconds } = limits.get(name) ?? {};
    const resetSeconds = number('t');
    const of = limit === undefined ? '' : ` of ${limit}`;
    const window = windowSeconds === undefined ? '' : ` in ${spell(windowSeconds)}`;
    const more = resetSeconds === undefined ? '' : `, more in ${spell(resetSeconds)}`;
    return [`budget ${name}: ${remaining}${of} left${window}${more}`];
  });
}

/** A time in the unit that people would use. */
export function spell(seconds: number): string {
  if (seconds < 120) return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

interface Item {
  readonly name: string;
  readonly number: (parameter: string) => number | undefined;
}

function readItems(field: string | null): readonly Item[] {
  try {
    return parseList(field ?? '').flatMap(([name, parameters]): Item[] => {
      if (typeof name !== 'string') return [];
      const number = (parameter: string): number | undefined => {
        const value = parameters.get(parameter);
        return typeof value === 'number' ? value : undefined;
      };
      return [{ name, number }];
    });
  } catch {
    // Not a List: nobody signed these fields, so there is nothing to say.
    return [];
  }
}
