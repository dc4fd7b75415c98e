/** `npm run demo -- --console` as people run it: its page, its buttons, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const DEMO = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const STEPS = 35;

interface Outcome {
  readonly ok: boolean;
  readonly outcome: string;
}

interface Demo {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  /** Of it and of all processes that it started: they hold the same pipes. */
  readonly ended: Promise<number | null>;
  /** Ends in a slash. */
  readonly address: string;
}

let temporary = '';
let running: Demo | undefined;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-console-test-'));
});

afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  rmSync(temporary, { recursive: true, force: true });
});

describe('npm run demo -- --console', () => {
  it('fires steps at running servers, again too, shows their verdicts, and ends at Ctrl-C', async () => {
    running = await start();
    const { address, child, ended, stdout } = running;
    expect((await fetch(address)).headers.get('content-type')).toMatch(/^text\/html/);
    const buttons = (await (await fetch(`${address}scenarios`)).json()) as readonly { id: string }[];
    // All but the books of the whole run, which say nothing alone, and all of them together.
    expect(buttons).toHaveLength(STEPS);
    expect(buttons.at(-1)).toMatchObject({ id: 'all' });

    const copies = 'one-signed-order-50-copies-at-the-same-moment';
    const line = { ok: true, outcome: '49 replayed-nonce, 1 admitted; executions: 1' };
    expect(await press(copies)).toEqual(line);
    const [beginning, again] = await Promise.all([
      press('a-call-in-the-first-moment-of-a-new-server'),
      press(copies),
    ]);
    expect(beginning.outcome).toBe('store-recovering; signed again: admitted; executions: 1');
    expect(again).toEqual(line);

    const events = await readEvents('store-recovering');
    for (const seen of ['replayed-nonce', 'admitted', 'store-recovering', '"owner":"acme"']) {
      expect(events, seen).toContain(seen);
    }
    expect(stdout()).toMatch(/^ 1 kept +one signed order, 50 copies .* 49 replayed-nonce, 1 admitted/m);

    child.kill('SIGINT');
    expect(await ended).toBe(0);
    await expect(fetch(address)).rejects.toThrow();
    expect(readdirSync(temporary), 'files left behind').toEqual([]);
  });

  it.each([
    [
      'replay-memory',
      'one-signed-order-50-copies-at-the-same-moment',
      /: answers: expected 49 replayed-nonce, 1 admitted, got 50 admitted; executions: /,
    ],
    [
      'digest',
      'a-captured-head-with-another-body-sent-first',
      /the victim’s own: expected admitted, got replayed-nonce/,
    ],
  ])('says at the button what a server that is sabotaged with %s does', async (sabotage, id, broken) => {
    running = await start(`--sabotage=${sabotage}`);
    const { ok, outcome } = await press(id);
    expect(ok).toBe(false);
    expect(outcome).toMatch(/^broken promise: /);
    expect(outcome).toMatch(broken);
  });

  it('fires all of them in one world, and names those that were broken', async () => {
    running = await start('--only', 'captured order', '--sabotage=replay-memory');
    expect(await press('a-captured-order-played-to-another-service')).toMatchObject({ ok: true });
    expect(await press('all')).toEqual({
      ok: false,
      outcome: '1 of 2 promises broken: a captured order played back at once',
    });
    running.child.kill('SIGINT');
    await running.ended;
    running = await start('--only', 'captured order');
    expect(await press('all')).toEqual({ ok: true, outcome: '2 of 2 promises kept' });
  });

  it('offers the steps that --only selects, and ends at Ctrl-C while one of them runs', async () => {
    running = await start('--only', 'SIGKILL');
    const { address, child, ended } = running;
    const buttons = (await (await fetch(`${address}scenarios`)).json()) as readonly { id: string }[];
    expect(buttons.map(({ id }) => id)).toEqual(['sigkill-and-a-new-start-recordings-played-back']);
    const pressed = press(buttons[0]?.id ?? '').catch(() => undefined);
    await readEvents('admitted');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    await pressed;
    expect(readdirSync(temporary), 'files left behind').toEqual([]);
  });

  it('tells its address as JSON too', async () => {
    running = await start('--json');
    expect(JSON.parse(running.stdout().split('\n')[0] ?? '')).toEqual({
      type: 'console',
      address: running.address,
    });
  });
});

async function start(...args: readonly string[]): Promise<Demo> {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, NO_COLOR: '1' };
  const child = spawn(process.execPath, [DEMO, '--console', ...args], { env });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([exitCode]): number | null => exitCode);
  const address = await new Promise<string>((resolve, reject) => {
    void ended.then((exitCode) => reject(new Error(`it ended with ${exitCode}: ${stderr}`)));
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      const [found] = /http:\/\/127\.0\.0\.1:\d+\//.exec(stdout) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, stdout: () => stdout, ended, address };
}

async function press(id: string): Promise<Outcome> {
  const address = running?.address ?? '';
  const { origin } = new URL(address);
  const response = await fetch(`${address}scenarios/${id}`, { method: 'POST', headers: { origin } });
  return (await response.json()) as Outcome;
}

/** Reads the stream of events until a text has come by. */
async function readEvents(until: string): Promise<string> {
  const leaving = new AbortController();
  const response = await fetch(`${running?.address}events`, { signal: leaving.signal });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(until)) break;
  }
  leaving.abort();
  return text;
}
