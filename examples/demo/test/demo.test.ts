/** Runs the built demo as a user would: what it exits with, what it prints, and what it leaves behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Summary } from '../src/report.js';

const DEMO = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const STEPS = 35;
const WHOLE_RUN_MS = 180_000;

interface StepLine {
  readonly type: 'step';
  readonly name: string;
  readonly promise: string;
  readonly kept: boolean;
  readonly happened: string;
  readonly broken: readonly string[];
  readonly durationMs: number;
}

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let temporary = '';

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
});

afterEach(() => {
  const left = readdirSync(temporary);
  rmSync(temporary, { recursive: true, force: true });
  expect(left, 'files left behind').toEqual([]);
});

describe('npm run demo', () => {
  it('keeps every promise, says so in its summary and exits with 0', { timeout: WHOLE_RUN_MS }, async () => {
    const { exitCode, stdout, stderr } = await runDemo(['--json']);
    const { steps, summary } = parse(stdout);

    expect(steps.flatMap(({ name, broken }) => broken.map((each) => `${name}: ${each}`))).toEqual([]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(steps).toHaveLength(STEPS);
    for (const step of steps) {
      expect(step).toMatchObject({ kept: true, durationMs: expect.any(Number) });
      expect(step.promise).not.toBe('');
      expect(step.happened).not.toBe('');
    }
    expect(new Set(steps.map(({ name }) => name)).size).toBe(STEPS);
    expect(summary).toMatchObject({ steps: STEPS, kept: STEPS, replaysAdmitted: 0 });
    expect(summary.replaysTried).toBeGreaterThan(100);
    expect(summary.admitted).toBeGreaterThan(100);
    expect(summary.requestsSent).toBeGreaterThan(summary.admitted);
    for (const code of ['replayed-nonce', 'rate-limited', 'store-recovering', 'invalid-signature']) {
      expect(summary.refused[code], code).toBeGreaterThan(0);
    }
  });

  it('prints one line a step and a summary, without colour where nobody looks', async () => {
    const { exitCode, stdout } = await runDemo(['--only', 'other notations']);
    const [heading, step, empty, kept, ...rest] = stdout.trimEnd().split('\n');

    expect(exitCode).toBe(0);
    expect(heading).toMatch(/what is tried +what must happen +time +what happened/);
    expect(step).toMatch(/^ 1 kept +the time in other notations +refused, .* \d+ ms +12 malformed-signature/);
    expect(empty).toBe('');
    expect(kept).toMatch(/^1 of 1 promises kept in \d+\.\d s$/);
    expect(rest).toHaveLength(2);
    expect(stdout).not.toContain('\u001b');
  });
});

describe('the demo notices a server that', () => {
  const cases: readonly (readonly [sabotage: string, step: string, broken: RegExp])[] = [
    ['replay-memory', 'copies at the same moment', /executions: expected 1, got 50/],
    ['limits', 'floods writes', /a second held \d+ writes of 10/],
    ['fixed-windows', 'across the edges', /a second held \d+ units of 10/],
    ['owners', 'two keys of one owner', /expected twins, got twin_a,twin_b/],
    ['horizon-file', 'SIGKILL', /replays admitted/],
    ['tolerance', 'until they are stale', /in the end: expected stale-timestamp/],
    ['digest', 'another body, sent first', /the victim’s own: expected admitted, got replayed-nonce/],
  ];

  it.each(cases)('is sabotaged with %s', async (sabotage, only, broken) => {
    const { exitCode, stdout } = await runDemo(['--json', `--sabotage=${sabotage}`, '--only', only]);
    const { steps, summary } = parse(stdout);

    expect(steps[0]?.broken.join('\n')).toMatch(broken);
    expect(summary).toMatchObject({ steps: 1, kept: 0 });
    expect(exitCode).toBe(1);
  });
});

describe('the demo’s command line', () => {
  it.each([
    [['--sabotage=nothing'], /--sabotage: nothing is none of replay-memory, /],
    [['--only', 'no such step'], /no step contains "no such step"/],
    [['--jsn'], /Unknown option '--jsn'/],
  ])('refuses %j with 2', async (args, message) => {
    const { exitCode, stderr } = await runDemo(args);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await runDemo(['--help']);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('--sabotage <name>');
  });
});

describe('the demo’s processes', () => {
  it('end with it at Ctrl-C', async () => {
    const demo = start(['--only', 'SIGKILL']);
    await once(demo.child.stdout, 'data');
    demo.child.kill('SIGINT');
    // Its children hold the same pipes: the run is over only when they have ended too.
    const { exitCode } = await demo.ended;

    expect(exitCode).toBe(130);
  });

  it('end with it when it is killed itself', async () => {
    const demo = start(['--only', 'SIGKILL']);
    await once(demo.child.stdout, 'data');
    demo.child.kill('SIGKILL');
    await demo.ended;
    // Nobody was left to remove it.
    for (const folder of readdirSync(temporary)) rmSync(join(temporary, folder), { recursive: true });
  });

  if (process.platform === 'linux') {
    it('do not start without flock, and say what to install', async () => {
      const { exitCode, stderr } = await runDemo([], { PATH: temporary });

      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/the demo cannot start: horizonFile: cannot lock .*flock.*util-linux/);
    });
  }
});

function runDemo(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Run> {
  return start(args, environment).ended;
}

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, NO_COLOR: '1', ...environment };
  const child = spawn(process.execPath, [DEMO, ...args], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([exitCode]): Run => ({ exitCode, stdout, stderr }));
  return { child, ended };
}

function parse(stdout: string): { readonly steps: readonly StepLine[]; readonly summary: Summary } {
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { steps: lines.filter(({ type }) => type === 'step'), summary: lines.at(-1) };
}
