/**
 * Throughput under attack: good traffic beside a flood of requests that are refused, against the same good traffic beside
 * the same flood sent to a route that nothing protects. Both are closed loops of as many connections each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quantile } from '../alternate.js';
import type { Extent } from '../extent.js';
import {
  countersignLine,
  type MakeLine,
  makeLines,
  overLimitLine,
  unsignedLine,
  wronglySignedLine,
} from '../load/header-lines.js';
import { startServer } from '../load/server-process.js';
import { statusOf } from '../load/status-of.js';
import { type Loaded, runWrk } from '../load/wrk.js';
import { CONTENT_TYPE, HOST, orderBody, TARGET } from '../order-request.js';
import type { Comparison, Measured, Row } from '../results.js';

const CONNECTIONS = 16;
const BODY = orderBody('order');
const OPEN_TARGET = TARGET.replace('/v1/', '/open/');
const SPARE = 2;
const SECONDS = 1;
const ATTEMPTS = 5;

interface Flood {
  readonly id: string;
  readonly name: string;
  /** How each request of it is answered. */
  readonly status: number;
  readonly lines: readonly string[];
}

export async function measureAttack({ loadRounds, loadWarmUpTurns, firstRate }: Extent): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const server = await startServer('hono', 'countersign');
  try {
    const { port } = server;
    const beside = goodTraffic(port, dir, firstRate);
    const floods = makeFloods(firstRate / 2);
    for (const flood of floods) await requireRefused(port, flood);
    for (let count = 0; count < 3 * loadWarmUpTurns; count++)
      await beside(floods[0]?.lines ?? [], OPEN_TARGET);
    const rows: Row[] = [];
    const figures: Record<string, number> = {};
    for (const { id, name, lines } of floods) {
      const [open, refused]: [number[], number[]] = [[], []];
      for (let round = 0; round < loadRounds; round++) {
        open.push((await beside(lines, OPEN_TARGET)).rate);
        refused.push((await beside(lines, TARGET)).rate);
      }
      const shares = refused.map((rate, round) => (100 * rate) / (open[round] ?? Number.NaN));
      const [low = 0, value = 0, high = 0] = [0.25, 0.5, 0.75].map((share) => quantile(shares, share));
      const rates = [refused, open].map((values) => Math.round(quantile(values, 0.5)).toLocaleString('en'));
      rows.push({
        name,
        role: 'us',
        value,
        low,
        high,
        note: `good: ${rates[0]}/s, beside the open route ${rates[1]}/s`,
      });
      figures[`attack-${id}`] = value / 100;
    }
    const comparison: Comparison = {
      id: 'attack',
      title: 'Good traffic under attack',
      unit: '% of what it gets beside the same flood on an open route',
      better: 'more',
      rows,
      notes: [
        `Hono, ${CONNECTIONS} connections of good traffic and ${CONNECTIONS} of the flood, each as fast as it is answered. The flood has the same requests on both routes; the open one answers 201.`,
      ],
    };
    return { comparisons: [comparison], figures };
  } finally {
    server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param different how many lines a flood has, which are sent over and over, where one is not enough */
function makeFloods(different: number): readonly Flood[] {
  const flood = (count: number, make: MakeLine): string[] => makeLines(count, make);
  return [
    { id: 'unsigned', name: 'unsigned', status: 401, lines: flood(1, unsignedLine()) },
    { id: 'wrong', name: 'wrongly signed', status: 401, lines: flood(different, wronglySignedLine(BODY)) },
    { id: 'replayed', name: 'replayed', status: 409, lines: flood(1, countersignLine(BODY)) },
    { id: 'limited', name: 'over the limit', status: 429, lines: flood(different, overLimitLine(BODY)) },
  ];
}

/** Sends a request of a flood twice: the second one, at the latest, is refused as all the others will be. */
async function requireRefused(port: number, { name, status, lines }: Flood): Promise<void> {
  let answered = 0;
  for (const line of [lines[0], lines.at(-1)]) {
    const [field = '', value = ''] = (line ?? '').split(/: (.*)/);
    const headers = { host: HOST, 'content-type': CONTENT_TYPE, [field]: value };
    answered = await statusOf(port, headers, BODY);
  }
  if (answered !== status) throw new Error(`${name}: answered ${answered}`);
}

/** Runs good traffic and a flood side by side and gives what the good traffic got. */
function goodTraffic(
  port: number,
  dir: string,
  firstRate: number,
): (flood: readonly string[], target: string) => Promise<Loaded> {
  const makeLine = countersignLine(BODY);
  const load = { port, dir, connections: CONNECTIONS, seconds: SECONDS, body: BODY.bytes };
  let expectedRate = firstRate;
  return async (flood, target) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const lines = makeLines(Math.ceil(expectedRate * SECONDS * SPARE), makeLine);
      const [good, bad] = await Promise.all([
        runWrk({ ...load, name: 'good', lines }),
        runWrk({ ...load, name: 'flood', lines: flood, again: true, target }),
      ]);
      expectedRate = good.ranOut ? 3 * good.rate : Math.max(good.rate, expectedRate / 2);
      if (good.ranOut) continue;
      if (good.refused > 0) throw new Error(`${good.refused} good requests were refused`);
      if (bad.refused !== (target === TARGET ? bad.requests : 0))
        throw new Error(`${bad.refused} of the flood`);
      return good;
    }
    throw new Error('good requests could not be signed in advance fast enough');
  };
}
