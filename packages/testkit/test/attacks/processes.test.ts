/** Attacks on several processes that count each for itself. Real processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sign } from './service.js';
import { startWorker } from './worker-processes.js';

const limits = { orders: '3/m' };
const now = () => sign({ signedAtMs: Date.now() });

describe('counters per worker process, each with its own count', () => {
  it("promises a count to each process alone: the memory of one is no other one's, and its docs say so", async () => {
    const [one, two] = await Promise.all([startWorker({ limits }), startWorker({ limits })]);
    const captured = now();
    expect(await one.outcome(captured)).toBe('admitted');
    expect(await one.outcome(captured)).toBe('replayed-nonce');
    for (let i = 0; i < 2; i++) expect(await one.outcome(now())).toBe('admitted');
    expect(await one.outcome(now())).toBe('rate-limited');
    // Not promised: two embedded stores are two memories. A shared store is what several processes need.
    expect(await two.outcome(captured)).toBe('admitted');
    for (let i = 0; i < 2; i++) expect(await two.outcome(now())).toBe('admitted');
    expect(await two.outcome(now())).toBe('rate-limited');
  });

  it('lets no two processes believe that they share a horizon file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const horizonFile = join(folder, 'horizon');
    const one = await startWorker({ horizonFile, tolerance: { futureMs: 0 } });
    await expect(startWorker({ horizonFile })).rejects.toThrow(/horizonFile: .* is held by another store/);
    await one.stop();
    const two = await startWorker({ horizonFile, tolerance: { futureMs: 0 } });
    expect(await two.outcome(now())).toBe('admitted');
  });
});
