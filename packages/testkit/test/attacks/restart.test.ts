/** Attacks on a memory that begins anew, and on clocks that are set. Real processes and files where there is a restart. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SignedHead } from '../../src/index.js';
import { countAdmitted, type Service, sendAll, serve, sign, T } from './service.js';
import { startWorker, type WorkerProcess } from './worker-processes.js';

const tolerance = { futureMs: 0 };
const now = () => sign({ signedAtMs: Date.now() });

function horizonFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'horizon');
}

/** Signs anew until a request is admitted: what an honest client does after `store-recovering`. */
async function untilAdmitted(worker: WorkerProcess): Promise<SignedHead> {
  for (let tries = 0; tries < 200; tries++) {
    const head = now();
    const outcome = await worker.outcome(head);
    if (outcome === 'admitted') return head;
    // A disk that is slow for a moment is told from one that recovers; neither is an admission.
    expect(['store-recovering', 'store-unavailable']).toContain(outcome);
    await sleep(25);
  }
  throw new Error('never admitted');
}

/** Signs anew until admitted, after the wait that is asked for: a clock that was set back costs that, and no more. */
async function admitFresh(service: Service): Promise<void> {
  const send = () => service.send(sign({ signedAtMs: service.clock.nowMs }));
  const verdict = await send();
  if (!verdict.ok) {
    expect(verdict.code).toBe('store-recovering');
    service.clock.nowMs += verdict.retryAfterMs ?? 0;
    expect(await send()).toMatchObject({ ok: true });
  }
}

describe('a restart or clock step that reopens replay', () => {
  it.each(['kill', 'stop'] as const)(
    'admits nothing again after a restart with a horizon file (%s)',
    async (how) => {
      const file = horizonFile();
      const before = await startWorker({ horizonFile: file, tolerance });
      const captured = await untilAdmitted(before);
      expect(await before.outcome(captured)).toBe('replayed-nonce');
      await before[how]();

      const after = await startWorker({ horizonFile: file, tolerance });
      expect(await after.outcome(captured)).toBe('store-recovering');
      const fresh = await untilAdmitted(after);
      expect(await after.outcome(fresh)).toBe('replayed-nonce');
      expect(await after.outcome(captured)).toBe('store-recovering');
    },
  );

  it.each([
    ['lost', (file: string) => rmSync(file)],
    ['emptied', (file: string) => writeFileSync(file, '')],
    ['overwritten', (file: string) => writeFileSync(file, 'x'.repeat(200))],
  ])('trusts no memory when the horizon file was %s', async (_, damage) => {
    const file = horizonFile();
    const before = await startWorker({ horizonFile: file, tolerance });
    const captured = await untilAdmitted(before);
    await before.kill();
    damage(file);
    const after = await startWorker({ horizonFile: file, tolerance });
    expect(await after.outcome(captured)).toBe('store-recovering');
    await untilAdmitted(after);
  });

  it('does not promise it without a horizon file: a restart forgets, and the docs say so', async () => {
    const before = await startWorker({});
    const captured = now();
    expect(await before.outcome(captured)).toBe('admitted');
    expect(await before.outcome(captured)).toBe('replayed-nonce');
    await before.stop();
    const after = await startWorker({});
    expect(await after.outcome(captured)).toBe('admitted');
    expect(await after.outcome(captured)).toBe('replayed-nonce');
  });

  it.each([
    ['forward and back', [3_600_000, -3_600_000]],
    ['back and forward', [-3_600_000, 3_600_000]],
    ['back, by less than the tolerance', [-200_000]],
    ['forward in small steps, and back in one', [200_000, 200_000, 200_000, -600_000]],
    ['a year forward and back', [31_536_000_000, -31_536_000_000]],
  ])('admits nothing again when the clock is set %s', async (_, stepsMs) => {
    const service = serve();
    const heads = [0, 5000, -5000, 10_000, -100_000].map((offsetMs) => sign({ signedAtMs: T + offsetMs }));
    expect(countAdmitted(await sendAll(service, heads))).toBe(heads.length);
    for (const stepMs of stepsMs) {
      service.clock.nowMs += stepMs;
      expect(countAdmitted(await sendAll(service, heads))).toBe(0);
      await admitFresh(service);
      expect(countAdmitted(await sendAll(service, heads))).toBe(0);
    }
  });

  it('opens no budget when the clock is set: what is counted runs on a clock that nobody sets', async () => {
    let monotonicMs = 0;
    const service = serve({ limits: { orders: '2/m' }, monotonicNow: () => monotonicMs });
    const send = () => service.outcome(sign({ signedAtMs: service.clock.nowMs }));
    expect([await send(), await send(), await send()]).toEqual(['admitted', 'admitted', 'rate-limited']);
    for (const nowMs of [T + 61_000, T + 86_400_000, T + 30_000, T + 61_000]) {
      service.clock.nowMs = nowMs;
      expect(await send()).toBe('rate-limited');
    }
    monotonicMs = 60_000;
    expect(await send()).toBe('admitted');
  });
});
