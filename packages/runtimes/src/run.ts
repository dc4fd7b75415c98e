/** One run: each runtime in turn, against a server of its own, and what came of it said as it comes. */
import { join } from 'node:path';
import { serveOnNode } from './entry/serve-on-node.js';
import { install } from './install.js';
import type { Row } from './readme-table.js';
import type { Report } from './report.js';
import type { Runtime } from './runtimes.js';
import type { Place } from './server-runtimes.js';
import { createApp } from './suite/app.js';
import { told } from './suite/check.js';
import type { Given } from './suite/suite.js';

export interface RunOptions {
  readonly place: Place;
  /** Where runtimes are installed. */
  readonly cache: string;
  readonly vectors: Given['vectors'];
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly rows: readonly Row[];
  /** Whether every check passed, in every runtime. */
  readonly ok: boolean;
}

export async function run(runtimes: readonly Runtime[], options: RunOptions): Promise<RunResult> {
  const { say } = options;
  const rows: Row[] = [];
  let ok = true;
  for (const runtime of runtimes) {
    try {
      const startedMs = performance.now();
      const report = await reportOf(runtime, options);
      const wrong = report.outcomes.filter((outcome) => !outcome.ok);
      const passed = `${report.outcomes.length - wrong.length} of ${report.outcomes.length} checks passed`;
      say(`${runtime.name}: ${passed} in ${seconds(startedMs)} s (${report.runtime})`);
      for (const { name, detail } of wrong) say(`${runtime.name}: FAILED ${name}: ${detail}`);
      if (wrong.length > 0 || report.outcomes.length === 0) ok = false;
      rows.push({ report, note: runtime.note });
    } catch (error) {
      ok = false;
      say(`${runtime.name}: FAILED ${told(error)}`);
    }
  }
  return { rows, ok };
}

async function reportOf(runtime: Runtime, { place, cache, vectors, say }: RunOptions): Promise<Report> {
  for (const [name, packages] of Object.entries(runtime.installs)) install(cache, name, packages, say);
  const server = await serveOnNode(createApp());
  try {
    const origin = `http://127.0.0.1:${server.port}`;
    return await runtime.run(place, (name) => join(cache, name), { vectors, origin });
  } finally {
    await server.close();
  }
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}
