/**
 * Rates as text: `100/m`, `5/10 s`, `60 per minute`, `1000 per 15 minutes`. The whole string counts; what is not
 * understood is an error and never a guess (`5/month` is not five a minute).
 */
import { shown } from './shown.js';

type Unit =
  | 's'
  | 'sec'
  | 'second'
  | 'seconds'
  | 'm'
  | 'min'
  | 'minute'
  | 'minutes'
  | 'h'
  | 'hour'
  | 'hours'
  | 'd'
  | 'day'
  | 'days';
type Separator = '/' | ' / ' | ' per ';
type Space = '' | ' ';

/** A rate: at most N units in any window of K seconds, minutes, hours or days. A wrong literal does not compile. */
export type Rate = `${number}${Separator}${Unit}` | `${number}${Separator}${number}${Space}${Unit}`;

/** A rate as numbers. */
export interface ParsedRate {
  /** Units in any window: a positive integer. */
  readonly limit: number;
  /** The length of the window in milliseconds. */
  readonly windowMs: number;
}

const RATE =
  /^ *([1-9][0-9]{0,9}) *(?:\/| per ) *(?:([1-9][0-9]{0,5}) *)?(s|sec|m|min|h|hour|d|day|(?:second|minute|hour|day)s?) *$/;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_LIMIT = 1_000_000_000;
const MAX_WINDOW_MS = 366 * 86_400_000;

/**
 * Reads a rate.
 *
 * @param option how the error names the place, e.g. `limits["orders"]`
 * @throws RangeError when the text is not a rate, or the limit is over 1 000 000 000, or the window over 366 days
 */
export function parseRate(text: string, option: string): ParsedRate {
  const [, count, multiple = '1', unit = ''] = (typeof text === 'string' && RATE.exec(text)) || [];
  if (count === undefined) {
    throw new RangeError(
      `${option}: ${shown(text)} is not a rate; write N/unit or N/K unit, with a unit of s, m, h or d, e.g. "100/m"`,
    );
  }
  const limit = Number(count);
  const windowMs = Number(multiple) * (UNIT_MS[unit.charAt(0)] ?? 0);
  if (limit > MAX_LIMIT || windowMs > MAX_WINDOW_MS) {
    throw new RangeError(`${option}: ${shown(text)} is over ${MAX_LIMIT} units or 366 days`);
  }
  return { limit, windowMs };
}
