/** `countersign console` as people run it: a process, real sockets, every button. */

import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import type { Scenario } from '@countersign/console';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConsoleProcess, press, readEvents, startConsole } from './support/console-process.js';
import { runCli } from './support/run-cli.js';

const LINES: Readonly<Record<string, RegExp>> = {
  'steady-traffic': /^\d+ sent in 8 s: \d+ admitted$/,
  replay: /^sent, then 3 times more: 1 admitted, 3 refused as replayed-nonce$/,
  'replay-together': /^20 sent at once: 1 admitted, 19 refused as replayed-nonce$/,
  tampering:
    /^path, query, scope, content-type changed: refused as invalid-signature; body: as digest-mismatch; then the original: admitted$/,
  'wrong-secret': /^1 sent: 1 refused as invalid-signature$/,
  'unknown-key': /^3 sent: 3 refused as invalid-signature, word for word as for a wrong secret$/,
  'slow-clock': /^refused as stale-timestamp, signed anew by the server’s time: admitted, executed once$/,
  'fast-clock': /^refused as future-timestamp, the call ended as clock-skew; the next one, .*: admitted$/,
  flood: /^one tenant 8 of 12, all tenants 12 of 20, orders 20 of 30, the owner 20 of 30 admitted, /,
  'window-edge':
    /^10 before the edge: 10 admitted; 10 behind it: 10 refused as rate-limited; a window later: 10 admitted$/,
  dilution: /^40 reads, no two alike, by two keys: 25 admitted, 15 refused as rate-limited$/,
  'unsigned-flood':
    /^300 unsigned: \d+ refused as (missing-signature, .* too-many-failures|too-many-failures, .* missing-signature); 5 signed .*: 5 admitted$/,
  'scope-lifting': /^6 sent: 4 refused as scope-mismatch, 2 refused as scope-not-granted$/,
  'key-rotation': /^both secrets admitted while both are active; the old one, withdrawn: refused as /,
};
const ALL_BUTTONS_MS = 120_000;

let running: ConsoleProcess | undefined;

afterEach(() => {
  running?.kill();
  running = undefined;
});

async function statusFor(port: string, host: string): Promise<number | undefined> {
  const sending = request({ port, host: '127.0.0.1', path: '/events', headers: { host } }).end();
  const [response] = await once(sending, 'response');
  sending.destroy();
  return response.statusCode;
}

describe('countersign console', () => {
  it('serves the page, fires every scenario, shows its verdicts, and leaves at Ctrl-C', {
    timeout: ALL_BUTTONS_MS,
  }, async () => {
    running = await startConsole();
    const { address, stdout } = running;
    expect(new URL(address).hostname).toBe('127.0.0.1');
    expect(stdout()).toContain('on loopback only');

    const page = await fetch(address);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const buttons = (await (await fetch(`${address}scenarios`)).json()) as readonly Scenario[];
    expect(buttons.map(({ id }) => id)).toEqual(Object.keys(LINES));

    // All at once: those that would be in each other's way wait.
    const outcomes = await Promise.all(buttons.map(({ id }) => press(address, id)));
    for (const [i, { id }] of buttons.entries()) {
      expect
        .soft(outcomes[i], id)
        .toEqual({ ok: true, outcome: expect.stringMatching(LINES[id] ?? /never/) });
    }

    const events = await readEvents(address, 'globex_1');
    for (const seen of [
      'replayed-nonce',
      'rate-limited',
      'invalid-signature',
      'orders:write:tenant-1 8/5s',
    ]) {
      expect(events, seen).toContain(seen);
    }
    expect(events).not.toMatch(/cs1s_|[0-9a-f]{64}/);

    expect(await running.interrupt()).toBe(0);
    await expect(fetch(address)).rejects.toThrow();
    expect(running.stderr()).toBe('Ctrl-C ends it.\n');
  });

  it('fires a scenario again and again', async () => {
    running = await startConsole();
    for (const id of ['replay', 'key-rotation', 'replay', 'key-rotation', 'fast-clock', 'fast-clock']) {
      expect(await press(running.address, id)).toMatchObject({ ok: true });
    }
  });

  it('ends at Ctrl-C within a moment, also while a page listens and a scenario runs', async () => {
    running = await startConsole();
    const { address } = running;
    const events = await fetch(`${address}events`);
    const traffic = press(address, 'steady-traffic').catch(() => undefined);
    await readEvents(address, 'acme_1');
    const startedMs = performance.now();
    expect(await running.interrupt()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    await traffic;
    await events.text().catch(() => '');
    // The port is free again.
    running = await startConsole(['--port', new URL(address).port]);
    expect(running.address).toBe(address);
  });

  it('answers nobody who addresses it by a name that is not its own, or from another page', async () => {
    running = await startConsole();
    const { address } = running;
    const { port } = new URL(address);
    expect(await statusFor(port, `rebound.example:${port}`)).toBe(421);
    expect(await statusFor(port, `localhost:${port}`)).toBe(200);
    expect(await statusFor(port, `127.0.0.1:${port}`)).toBe(200);

    const headers = { origin: `http://127.0.0.1:${Number(port) + 1}` };
    const foreign = await fetch(`${address}scenarios/replay`, { method: 'POST', headers });
    expect(foreign.status).toBe(403);
  });

  it('says in a line that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { status, stdout, stderr } = await runCli(['console', '--port', String(port)]);
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toBe(
        `countersign: --port: ${port} is in use: give another one, or 0 for any free one\n`,
      );
    } finally {
      other.close();
    }
  });

  it.each([
    [['--port', '65536'], /^countersign: --port: "65536" is no port: give a number from 0 to 65535\n$/],
    [['--port', ''], /^countersign: --port: "" is no port/],
    [['--port', '-1'], /^countersign: --port: "-1" is no port/],
    [
      ['--port', '0', '--host', '127.0.0.999'],
      /^countersign: --host: 127\.0\.0\.999 is no address of this machine\n$/,
    ],
    [
      ['--port', '0', '--host', '192.0.2.1', '--yes'],
      /^countersign: --host: 192\.0\.2\.1 is no address of this machine\n$/,
    ],
  ])('refuses %j in one line', async (words, message) => {
    const { status, stderr } = await runCli(['console', ...words]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('listens beyond loopback only when somebody says yes, and says what that means', async () => {
    const { status, stdout, stderr } = await runCli(['console', '--port', '0', '--host', '0.0.0.0']);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('The console has no login');
    expect(stderr).toContain('say --yes to listen there');

    running = await startConsole(['--port', '0', '--host', '0.0.0.0', '--yes', '--name', 'build-7.lan']);
    expect(running.stdout()).toContain('WITHOUT A LOGIN');
    await expect.poll(running.stderr).toContain('--name adds a name of this machine');
    const { port } = new URL(running.address);
    expect(await statusFor(port, `127.0.0.1:${port}`)).toBe(200);
    expect(await statusFor(port, `Build-7.lan:${port}`)).toBe(200);
    expect(await statusFor(port, `build-8.lan:${port}`)).toBe(421);
    // The API stays on loopback.
    expect(running.stdout()).toMatch(/^playground +http:\/\/127\.0\.0\.1:/m);
  });

  it('explains itself', async () => {
    const { status, stdout } = await runCli(['console', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('$ countersign console --port 0');
  });
});
