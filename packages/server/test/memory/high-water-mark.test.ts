import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHighWaterMark } from '../../src/memory/high-water-mark.js';
import type { MarkFile } from '../../src/memory/mark-file.js';

const T = 1_763_750_000_000;
const FUTURE_MS = 10_000;

/** A file in memory whose writes end when the test says so. */
function fakeFile(intact = true, marks: number[] = [T - 50_000, T - 40_000]) {
  const written: number[] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const file: MarkFile = {
    path: 'a.mark',
    intact,
    marks,
    write: (markMs) =>
      new Promise((resolve, reject) => {
        if (pending.length > 0) throw new Error('two writes at a time');
        written.push(markMs);
        pending.push({ resolve, reject });
      }),
    close: () => {},
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    file,
    written,
    succeed: async () => {
      pending.shift()?.resolve();
      await turn();
    },
    fail: async () => {
      pending.shift()?.reject(new Error('ENOSPC'));
      await turn();
    },
  };
}

function start({ file }: ReturnType<typeof fakeFile>, warnings: string[] = []) {
  return createHighWaterMark(file, T, FUTURE_MS, (message) => warnings.push(message));
}

describe('the high-water mark', () => {
  it('starts at the greater mark of an intact file and says nothing', () => {
    const warnings: string[] = [];
    expect(start(fakeFile(), warnings).startMs).toBe(T - 40_000);
    expect(warnings).toEqual([]);
  });

  it('never writes a mark below its start, also after a first write that failed: an earlier process admitted up to it', async () => {
    const file = fakeFile(false, [T + 30_000]);
    const mark = start(file);
    await file.fail();
    expect(mark.covers(T - 400_000, T)).toBe(false);
    await file.succeed();
    await file.succeed();
    expect(file.written).toEqual([T + 30_000, T + 30_000, T + 30_000]);
  });

  it('starts at now + future, or at a mark that is later, where the file is missing or damaged, and says so', () => {
    const warnings: string[] = [];
    expect(start(fakeFile(false, []), warnings).startMs).toBe(T + FUTURE_MS);
    expect(start(fakeFile(false, [T]), warnings).startMs).toBe(T + FUTURE_MS);
    expect(start(fakeFile(false, [T + 30_000]), warnings).startMs).toBe(T + 30_000);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(
      /^horizonFile: a\.mark holds no mark.*2025-11-21T18:33:30\.000Z is refused, for 10000 ms/,
    );
    expect(warnings[1]).toMatch(/^horizonFile: a\.mark is damaged/);
  });

  it('says when the mark lies ahead of the clock', () => {
    const warnings: string[] = [];
    start(fakeFile(true, [T + 12_000, T + 12_000]), warnings);
    expect(warnings).toEqual([]);
    start(fakeFile(true, [T, T + 3_600_000]), warnings);
    expect(warnings[0]).toMatch(/lies ahead of the clock: .* for 3600000 ms/);
  });

  it('covers nothing before a mark is durable', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    expect(mark.covers(T, T)).toBe(false);
    const reached = mark.reach(T);
    await fake.succeed();
    expect(await reached).toBeUndefined();
    expect(mark.covers(T, T)).toBe(true);
    expect(mark.covers(T + 2_000, T)).toBe(true);
    expect(mark.covers(T + 2_001, T)).toBe(false);
  });

  it('makes a damaged file whole before it covers anything: both records are written', async () => {
    const fake = fakeFile(false, []);
    const mark = start(fake);
    const reached = mark.reach(T + FUTURE_MS);
    await fake.succeed();
    expect(mark.covers(T, T)).toBe(false);
    await fake.succeed();
    expect(await reached).toBeUndefined();
    expect(fake.written.slice(0, 2)).toEqual([T + FUTURE_MS, T + FUTURE_MS]);
    expect(mark.covers(T + FUTURE_MS, T)).toBe(true);
  });

  it('writes ahead once for each half lead, whatever is asked meanwhile', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    await fake.succeed();
    for (let ms = 0; ms <= 1_000; ms++) expect(mark.covers(T + ms, T + ms)).toBe(true);
    expect(fake.written).toEqual([T + 2_000]);
    for (let ms = 1_001; ms < 1_500; ms++) expect(mark.covers(T + ms, T + ms)).toBe(true);
    expect(fake.written).toEqual([T + 2_000, T + 3_001]);
    await fake.succeed();
    expect(fake.written).toHaveLength(2);
    expect(mark.covers(T + 2_001, T + 2_001)).toBe(true);
  });

  it('asks for a second write while the first is under way where the first does not cover', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    expect(mark.covers(T + 9_000, T)).toBe(false);
    const reached = mark.reach(T + 9_000);
    await fake.succeed();
    expect(mark.covers(T + 9_000, T)).toBe(false);
    await fake.succeed();
    expect(await reached).toBeUndefined();
    expect(fake.written).toEqual([T + 2_000, T + 11_000]);
  });

  it('L12 says why it cannot, once in a warning, and tries again at the next admission', async () => {
    const fake = fakeFile();
    const warnings: string[] = [];
    const mark = start(fake, warnings);
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(mark.covers(T, T)).toBe(false);
      const reached = mark.reach(T);
      await fake.fail();
      expect(await reached).toMatch(/cannot write a\.mark: Error: ENOSPC/);
    }
    expect(warnings).toHaveLength(1);
    expect(mark.covers(T, T)).toBe(false);
    const reached = mark.reach(T);
    await fake.succeed();
    expect(await reached).toBeUndefined();
    expect(mark.covers(T, T)).toBe(true);
  });

  it('L12 gives up after 200 ms, and a late write still counts', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    mark.covers(T, T);
    const startedMs = performance.now();
    expect(await mark.reach(T)).toMatch(/took over 200 ms/);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    await fake.succeed();
    expect(mark.covers(T, T)).toBe(true);
  });

  it('settles on what was really admitted, in both records, after the write under way', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    const settled = mark.settle(T - 1_000);
    for (let write = 0; write < 3; write++) await fake.succeed();
    await settled;
    expect(fake.written).toEqual([T + 2_000, T - 1_000, T - 1_000]);
  });

  it('never settles below the horizon that it started with', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    const settled = mark.settle(Number.NEGATIVE_INFINITY);
    for (let write = 0; write < 3; write++) await fake.succeed();
    await settled;
    expect(fake.written.slice(1)).toEqual([T - 40_000, T - 40_000]);
  });

  it('lets wait who is still above the mark that was written', async () => {
    const fake = fakeFile();
    const mark = start(fake);
    mark.covers(T + 9_000, T);
    const answered: string[] = [];
    void mark.reach(T).then(() => answered.push('below'));
    const above = mark.reach(T + 9_000).then((reason) => {
      answered.push('above');
      return reason;
    });
    await fake.succeed();
    expect(answered).toEqual(['below']);
    await fake.succeed();
    expect([await above, answered]).toEqual([undefined, ['below', 'above']]);
  });

  it('warns again when writing fails again after it went well', async () => {
    const fake = fakeFile();
    const warnings: string[] = [];
    const mark = start(fake, warnings);
    await fake.fail();
    mark.covers(T, T);
    await fake.succeed();
    mark.covers(T + 9_000, T);
    await fake.fail();
    expect(warnings).toEqual(Array(2).fill('horizonFile: cannot write a.mark: Error: ENOSPC'));
  });

  it('waits as long as it is asked to, and 200 ms at most', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const mark = start(fakeFile());
    const reasons = Promise.all([mark.reach(T, 20), mark.reach(T, 5_000), mark.reach(T)]);
    await vi.advanceTimersByTimeAsync(200);
    expect(await reasons).toEqual([
      'horizonFile: a.mark took over 20 ms',
      'horizonFile: a.mark took over 200 ms',
      'horizonFile: a.mark took over 200 ms',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says when it cannot settle, and ends all the same', async () => {
    const fake = fakeFile();
    const warnings: string[] = [];
    const mark = start(fake, warnings);
    const settled = mark.settle(T);
    await fake.succeed();
    await fake.fail();
    await settled;
    expect(warnings).toEqual(['horizonFile: cannot write a.mark: Error: ENOSPC']);
  });
});
