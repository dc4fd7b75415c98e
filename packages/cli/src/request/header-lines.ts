/** Header lines as curl's -H takes them. */
import { readFileSync } from 'node:fs';
import type { FieldLine } from '@countersign/canonical';
import { asUsage, UsageError } from '../terminal/usage-error.js';

interface HeaderLines {
  /** One a line, in their order. */
  readonly lines: readonly FieldLine[];
  /** Names in lower case of fields that are not to be sent (`Name:`), though a command would add them. */
  readonly removed: ReadonlySet<string>;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Reads `Name: value`, `Name;` (an empty value), `Name:` (not to be sent), and `@file` with a line each.
 *
 * @throws UsageError that quotes no value, since some are secret
 */
export function readHeaderLines(given: readonly string[]): HeaderLines {
  const lines: FieldLine[] = [];
  const removed = new Set<string>();
  for (const line of given.flatMap(expand)) {
    const at = line.search(/[:;]/);
    const name = line.slice(0, Math.max(0, at)).trimEnd();
    const value = line.slice(at + 1).trim();
    if (!NAME.test(name) || (line[at] === ';' && value !== '')) {
      throw new UsageError(
        `-H: expected 'Name: value', got ${JSON.stringify(line.split(/[:;]/, 1)[0]?.slice(0, 40))}`,
      );
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new UsageError(`-H: the value of ${name} holds a character that no header field can carry`);
    }
    if (line[at] === ':' && value === '') removed.add(name.toLowerCase());
    else lines.push([name, value]);
  }
  return { lines, removed };
}

/**
 * The value of a field, several lines joined; `undefined` when it is absent.
 *
 * @param name in lower case
 */
export function fieldValue(lines: readonly FieldLine[], name: string): string | undefined {
  const values = lines.filter((line) => line[0].toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

function expand(given: string): readonly string[] {
  if (!given.startsWith('@')) return [given];
  const text = asUsage('-H', () => readFileSync(given.slice(1), 'utf8'));
  return text.split(/\r?\n/).filter((line) => line !== '');
}
