/** The runtimes that serve: the suite runs in them, and then their server is called from here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { moduleGraph } from './module-graph.js';
import { type Running, start } from './process-run.js';
import { type Report, readReport } from './report.js';
import { runChecks } from './suite/check.js';
import { remoteChecks } from './suite/remote-checks.js';
import type { Given } from './suite/suite.js';
import { wireChecks } from './wire-checks.js';
import { workerdConfig } from './workerd-config.js';

/** Where the workspace is, and the entry of the suite in `dist`. */
export interface Place {
  readonly root: string;
  readonly entries: string;
}

/** @param command the runtime and its options, before the file that it is to run */
export async function runInProcess(
  { root, entries }: Place,
  command: readonly [file: string, ...args: string[]],
  given: Given,
): Promise<Report> {
  return withFolder(async (folder) => {
    const [file, ...args] = command;
    writeFileSync(join(folder, 'given.json'), JSON.stringify(given));
    const suite = [...args, join(entries, 'on-process.js'), join(folder, 'given.json'), folder];
    return whileRunning(start(file, suite, root), async ({ until }) =>
      called(readReport(await until(/^\{"port":\d+\}$/m))),
    );
  });
}

/** @param workerd the program */
export async function runInWorkerd({ root, entries }: Place, workerd: string, given: Given): Promise<Report> {
  return withFolder(async (folder) => {
    const entry = join(entries, 'on-workerd.js');
    const graph = await moduleGraph(root, entry, ['workerd', 'worker', 'browser']);
    writeFileSync(join(folder, 'suite.capnp'), workerdConfig(root, graph, relative(root, entry)));
    const args = ['serve', '--import-path=/', join(folder, 'suite.capnp'), '--control-fd=1'];
    return whileRunning(start(workerd, args, root), async ({ until }) => {
      const port = Number(/"port":\s*(\d+)/.exec(await until(/"event":\s*"listen".*\n/))?.[1]);
      const answer = await fetch(`http://127.0.0.1:${port}/suite`, {
        method: 'POST',
        body: JSON.stringify(given),
      });
      return called({ ...readReport(await answer.text()), port });
    });
  });
}

/** The same with what came of calling the runtime's server: with the client, and as bytes. */
async function called(report: Report): Promise<Report> {
  const { port } = report;
  if (port === undefined) throw new Error('it serves at no port');
  const outcomes = await runChecks([
    ...remoteChecks(`http://127.0.0.1:${port}`, 'server'),
    ...wireChecks(port),
  ]);
  return { ...report, outcomes: [...report.outcomes, ...outcomes] };
}

async function whileRunning<T>(running: Running, use: (running: Running) => Promise<T>): Promise<T> {
  try {
    return await use(running);
  } finally {
    await running.stop();
  }
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-runtimes-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
