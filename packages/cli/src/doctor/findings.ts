/** The report of an examination: what was changed, once for all requests that it happens to. */
import type { Change, Effect } from './change.js';

/** A change, and a request that it happens to. */
export interface ChangeOf extends Change {
  readonly about: string;
}

/** One thing that is changed, with the requests that it happens to. */
export interface Finding extends Omit<Change, 'sent' | 'arrived'> {
  readonly requests: readonly Pick<ChangeOf, 'about' | 'sent' | 'arrived'>[];
}

export interface DoctorReport {
  readonly url: string;
  /** How many were sent. */
  readonly requests: number;
  /** Whether signatures get through, with the options that the findings name. */
  readonly ok: boolean;
  /** What breaks signatures first. */
  readonly findings: readonly Finding[];
}

const ORDER: readonly Effect[] = ['breaks', 'option', 'harmless'];

export function doctorReport(url: URL, requests: number, changes: readonly ChangeOf[]): DoctorReport {
  const groups = new Map<string, ChangeOf[]>();
  for (const change of changes) {
    const key = JSON.stringify([change.effect, change.what, change.how, change.advice]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  const findings = [...groups.values()].flatMap(findingOf);
  findings.sort((a, b) => ORDER.indexOf(a.effect) - ORDER.indexOf(b.effect));
  return { url: url.href, requests, ok: findings.every(({ effect }) => effect !== 'breaks'), findings };
}

function findingOf(changes: readonly ChangeOf[]): Finding[] {
  const [first] = changes;
  if (first === undefined) return [];
  const { effect, what, how, advice, option } = first;
  const requests = changes.map(({ about, sent, arrived }) => ({
    about,
    ...(sent === undefined ? {} : { sent }),
    ...(arrived === undefined ? {} : { arrived }),
  }));
  return [{ effect, what, how, advice, ...(option === undefined ? {} : { option }), requests }];
}
