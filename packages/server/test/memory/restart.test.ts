/**
 * Real processes that admit until they are killed, and what they admitted played back after each restart.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptanceWindow } from '../../src/acceptance-window.js';
import { createClock } from '../../src/clock.js';
import { memoryStore } from '../../src/memory/memory-store.js';
import type { Admission } from '../../src/store.js';

const SCRIPT = fileURLToPath(new URL('fixtures/admitting-process.mjs', import.meta.url));
/** All that is recorded stays fresh to the end of the test, so nothing is refused for its age. */
const TOLERANCE = { pastMs: 300_000, futureMs: 300 };
const RECORDED = 100_000;

let directory = '';
let horizonFile = '';
let running: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  horizonFile = join(directory, 'horizon');
});

afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Runs a process until it has made so many admissions, and a little longer; gives all that it reported. */
async function admitUntil(count: number, signal: NodeJS.Signals, lingerMs = 0): Promise<Admission[]> {
  const child = spawn(process.execPath, [
    SCRIPT,
    horizonFile,
    `${TOLERANCE.pastMs}`,
    `${TOLERANCE.futureMs}`,
  ]);
  running = child;
  let errors = '';
  let report = '';
  const exited = once(child, 'close');
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const enough = new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error(`the process ended: ${errors}`)));
    let lines = 0;
    child.stdout.on('data', (data: Buffer) => {
      report += data.toString('latin1');
      for (const byte of data) if (byte === 10) lines += 1;
      if (lines >= count) resolve();
    });
  });
  await enough;
  await sleep(lingerMs);
  child.kill(signal);
  await exited;
  return parseReport(report);
}

/** The last line may be cut short by the kill. */
function parseReport(report: string): Admission[] {
  return report
    .slice(0, report.lastIndexOf('\n'))
    .split('\n')
    .map((line) => {
      const [signedAt = '', nonce = ''] = line.split(' ');
      return {
        key: 'key',
        owner: 'owner',
        nonce: Buffer.from(nonce, 'hex'),
        signedAtMs: Number(signedAt),
        charges: [],
      };
    });
}

/** Starts a store on a copy of the file as the dead process left it, and counts what it would admit again. */
async function admittedAgain(recorded: readonly Admission[], stepMs = 0): Promise<number> {
  const copy = join(directory, 'copy');
  copyFileSync(horizonFile, copy);
  const store = memoryStore({ horizonFile: copy, onWarning: () => {} });
  store.attach(
    acceptanceWindow(
      createClock(() => Date.now() + stepMs),
      TOLERANCE,
    ),
  );
  let admitted = 0;
  for (const admission of recorded) {
    const { outcome } = await store.admit(admission);
    if (outcome === 'admitted') admitted += 1;
    else if (stepMs === 0) expect(outcome).toBe('recovering');
  }
  await store.close();
  return admitted;
}

describe('restarts with a horizon file', () => {
  it('L5 100 000 recorded admissions: none is admitted again after any of several SIGKILLs', async () => {
    const recorded: Admission[] = [];
    for (let kill = 0; kill < 5; kill++) {
      const reported = await admitUntil(RECORDED / 5, 'SIGKILL', 37 * kill);
      expect(reported.length).toBeGreaterThanOrEqual(RECORDED / 5);
      recorded.push(...reported);
      expect(await admittedAgain(recorded)).toBe(0);
    }
    expect(new Set(recorded.map(({ nonce }) => Buffer.from(nonce).toString('hex'))).size).toBe(
      recorded.length,
    );
    for (const stepMs of [-600_000, -60_000, -3_000, 3_000, 60_000]) {
      expect(await admittedAgain(recorded, stepMs)).toBe(0);
    }
  });

  it('L5 none is admitted again when the file was damaged after the kill', async () => {
    const recorded = await admitUntil(2_000, 'SIGKILL', 1_200);
    const whole = readFileSync(horizonFile);
    for (const at of [30, 60, 542, 600]) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      writeFileSync(horizonFile, damaged);
      expect(await admittedAgain(recorded)).toBe(0);
    }
    for (const length of [0, 500, 1_000]) {
      writeFileSync(horizonFile, whole.subarray(0, length));
      expect(await admittedAgain(recorded)).toBe(0);
    }
  });

  it('a process that is told to end leaves a mark that costs the next one nothing', async () => {
    const recorded = await admitUntil(2_000, 'SIGTERM');
    expect(await admittedAgain(recorded)).toBe(0);
    const latestMs = Math.max(...recorded.map(({ signedAtMs }) => signedAtMs));
    const store = memoryStore({ horizonFile, onWarning: () => {} });
    store.attach(acceptanceWindow(createClock(), TOLERANCE));
    await sleep(Math.max(0, latestMs - Date.now() + 50));
    const fresh = {
      key: 'key',
      owner: 'owner',
      nonce: new Uint8Array(16),
      signedAtMs: Date.now(),
      charges: [],
    };
    expect(await store.admit(fresh)).toMatchObject({ outcome: 'admitted' });
    await store.close();
  });
});
