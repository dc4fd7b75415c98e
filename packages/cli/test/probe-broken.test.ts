/**
 * The probe finds what is there: against servers with one hole each it names that hole and no other, and against the same
 * server without a hole it finds nothing. A broken server is tried with the groups of attacks that its hole has to do
 * with, and with every attack in `npm run campaign`.
 */
import { ATTACK_CATALOGUE, runs } from '@countersign/testkit';
import { describe, expect, it, vi } from 'vitest';
import { ATTACKS as LIST } from '../src/attacks/index.js';
import { FIELD_HOLES } from './broken/field-holes.js';
import type { Hole } from './broken/hole.js';
import { LIMIT_HOLES } from './broken/limit-holes.js';
import { type Probed, probeService } from './broken/probed.js';
import { REPLAY_HOLES } from './broken/replay-holes.js';
import { SCOPE_HOLES } from './broken/scope-holes.js';
import { RATE, startService } from './broken/service.js';
import { SIGNATURE_HOLES } from './broken/signature-holes.js';

// Most of a probe is waiting.
vi.setConfig({ maxConcurrency: 12, testTimeout: 180_000 });

const UNCOUNTED: readonly Hole[] = [...SIGNATURE_HOLES, ...FIELD_HOLES, ...REPLAY_HOLES, ...SCOPE_HOLES];
const HOLES: readonly Hole[] = [...LIMIT_HOLES, ...UNCOUNTED];
/** How many attacks a probe makes that has been told everything. More may come; none may go. */
const ATTACKS = 76;

/** The groups of what a hole opens or may open, and two that have to do with none; absent: every attack. */
function chosenFor({ opens, mayOpen = [] }: Hole): readonly string[] | undefined {
  if (runs(1) > 1) return undefined;
  const concerned = LIST.filter(({ id }) => opens.includes(id) || mayOpen.includes(id));
  return [...new Set(['strangers', 'times', ...concerned.map(({ group }) => group)])];
}

/** @param rate the limit that the probe is told of */
async function probed(
  { break: hole, pastMs, waitS = 1 }: Partial<Hole>,
  rate?: string,
  only?: readonly string[],
): Promise<Probed> {
  const service = await startService(hole, { pastMs, wide: rate === undefined });
  try {
    return await probeService(service, { rate, waitS, only });
  } finally {
    await service.close();
  }
}

/** What got through is what the hole opens, and each of it is shown. */
function expectFound({ opens, mayOpen = [] }: Hole, { status, report, opened }: Probed): void {
  expect(opened.filter((id) => !mayOpen.includes(id))).toEqual(opens);
  for (const { outcome, evidence } of report.findings) {
    if (outcome === 'got-through') expect(evidence?.sent).toMatch(/^[A-Z]+ \S+/);
  }
  expect(status).toBe(1);
}

describe('the broken servers', () => {
  it('are of different names, each for a line of the attack catalogue, and each opens something', () => {
    expect(HOLES.length).toBeGreaterThanOrEqual(12);
    expect(new Set(HOLES.map(({ name }) => name)).size).toBe(HOLES.length);
    const lines = new Set(ATTACK_CATALOGUE.map(({ id }) => id));
    expect(HOLES.filter(({ line }) => !lines.has(line))).toEqual([]);
    expect(HOLES.filter(({ opens }) => opens.length === 0)).toEqual([]);
  });
});

describe.concurrent('the probe', () => {
  it('finds nothing in a server without a hole, and nothing is left untried', async () => {
    const { status, report, opened } = await probed({}, RATE);
    expect(opened).toEqual([]);
    expect(report.findings.filter(({ outcome }) => outcome === 'not-tried')).toEqual([]);
    expect(report.summary.refused).toBeGreaterThanOrEqual(ATTACKS);
    expect(status).toBe(0);
  });

  it.each(LIMIT_HOLES)('finds $name: $wrong', async (hole) => {
    expectFound(hole, await probed(hole, RATE, chosenFor(hole)));
  });

  it.each(UNCOUNTED)('finds $name: $wrong', async (hole) => {
    expectFound(hole, await probed(hole, undefined, chosenFor(hole)));
  });
});
