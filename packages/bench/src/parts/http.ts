/** Requests a second over HTTP, 32 connections of wrk: an application without protection, with ours, with the peers'. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsOf, type Subject, takeTurns } from '../alternate.js';
import type { Extent } from '../extent.js';
import { countersignLine, hawkLine, type MakeLine, makeLines } from '../load/header-lines.js';
import type { Protection } from '../load/protection.js';
import { type Framework, type LoadedServer, startServer } from '../load/server-process.js';
import { runWrk } from '../load/wrk.js';
import { orderBody } from '../order-request.js';
import { type Comparison, type Measured, ratioOf } from '../results.js';
import { COUNTERSIGN } from '../subjects/countersign.js';

const CONNECTIONS = 32;
const SPARE = 1.6;
/** Requests that are sent again and again where nobody checks them: the same bytes for everybody. */
const REPEATED = 1_000;
/** More is signed when that was too little; this often at most. */
const ATTEMPTS = 5;
const BODY = orderBody('order');

interface Contender extends Pick<Subject, 'name' | 'role'> {
  readonly protection: Protection;
  readonly makeLine: MakeLine;
}

const TITLES: Readonly<Record<Framework, string>> = {
  hono: 'Hono on @hono/node-server',
  express: 'Express 5',
};
const LIMITERS: Readonly<Record<Framework, string>> = {
  hono: 'hono-rate-limiter',
  express: 'express-rate-limit',
};

export async function measureHttp(framework: Framework, extent: Extent): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const servers: LoadedServer[] = [];
  try {
    const subjects: Subject[] = [];
    for (const contender of contenders(framework)) {
      const server = await startServer(framework, contender.protection);
      servers.push(server);
      subjects.push(loaded(contender, server, dir, extent));
    }
    const comparison: Comparison = {
      id: framework,
      title: `${TITLES[framework]}: requests a second, ${CONNECTIONS} connections`,
      unit: 'requests/s',
      better: 'more',
      rows: rowsOf(
        subjects,
        await takeTurns(subjects, {
          rounds: extent.loadRounds,
          warmUpTurns: extent.loadWarmUpTurns,
        }),
      ),
      notes: [
        'The application reads its JSON in every row, and gets signed requests. wrk shares the machine with the server.',
        'The second row is the floor of the tables above, computed for every request: what it leaves is what a verifier that does nothing else would.',
      ],
    };
    return { comparisons: [comparison], figures: { [framework]: ratioOf(comparison, COUNTERSIGN) } };
  } finally {
    for (const server of servers) server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function contenders(framework: Framework): readonly Contender[] {
  return [
    { name: 'nothing verified', role: 'floor', protection: 'none', makeLine: countersignLine(BODY) },
    { name: 'the two hashes alone', role: 'floor', protection: 'hashes', makeLine: countersignLine(BODY) },
    { name: COUNTERSIGN, role: 'us', protection: 'countersign', makeLine: countersignLine(BODY) },
    {
      name: 'hawk + Map + rate-limiter-flexible',
      role: 'peer',
      protection: 'hawk-flexible',
      makeLine: hawkLine(BODY),
    },
    {
      name: `hawk + Map + ${LIMITERS[framework]}`,
      role: 'peer',
      protection: 'hawk-limiter',
      makeLine: hawkLine(BODY),
    },
  ];
}

function loaded(
  { name, role, protection, makeLine }: Contender,
  { port }: LoadedServer,
  dir: string,
  { loadSeconds: seconds, firstRate }: Extent,
): Subject {
  let expectedRate = firstRate;
  return {
    name,
    role,
    turn: async () => {
      const again = protection === 'none' || protection === 'hashes';
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const lines = makeLines(again ? REPEATED : Math.ceil(expectedRate * seconds * SPARE), makeLine);
        const load = { port, dir, name: protection, connections: CONNECTIONS, seconds, body: BODY.bytes };
        const { rate, refused, ranOut } = await runWrk({ ...load, lines, again });
        expectedRate = ranOut ? 3 * rate : rate;
        if (ranOut) continue;
        if (refused > 0) throw new Error(`${name}: ${refused} requests were refused`);
        return rate;
      }
      throw new Error(`${name}: requests could not be signed in advance fast enough`);
    },
  };
}
