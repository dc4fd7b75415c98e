/** What a runtime reported: its lines, read strictly. A suite that broke off, or an outcome that is not one, is an error. */
import type { Outcome } from './suite/check.js';

export interface Report {
  /** The runtime's own word for itself. */
  readonly runtime: string;
  readonly outcomes: readonly Outcome[];
  /** Of the server that it started, where it did. */
  readonly port?: number;
}

/** @throws Error when the lines do not end as they should */
export function readReport(text: string): Report {
  const outcomes: Outcome[] = [];
  for (const line of text.split('\n').filter((found) => found !== '')) {
    const { name, group, ok, detail, end, runtime, port } = parseLine(line);
    if (end !== undefined) {
      if (end !== outcomes.length) throw new Error(`${end} checks ran, and ${outcomes.length} were told of`);
      const after = /"port":(\d+)/.exec(text.slice(text.indexOf(line) + line.length));
      return { runtime: String(runtime), outcomes, ...(after === null ? {} : { port: Number(after[1]) }) };
    }
    if (port !== undefined) break;
    const known = group === 'canonical' || group === 'client' || group === 'server';
    if (!known || typeof name !== 'string' || typeof ok !== 'boolean') throw new Error(`no outcome: ${line}`);
    outcomes.push({ group, name, ok, ...(detail === undefined ? {} : { detail: String(detail) }) });
  }
  throw new Error(`the suite broke off after ${outcomes.length} checks`);
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    throw new Error(`no line of a suite: ${line.slice(0, 200)}`);
  }
}
