import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Ask, type QuestionPoolOptions, questionPool } from '../../src/keys/question-pool.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface OpenQuestion {
  readonly signal: AbortSignal;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** A pool whose questions are answered by hand, and what became of each. */
function pool(options: Partial<QuestionPoolOptions> = {}): {
  readonly open: OpenQuestion[];
  readonly ask: () => { outcome?: unknown };
} {
  const open: OpenQuestion[] = [];
  const ask: Ask = questionPool({ maxRunning: 2, maxWaiting: 2, timeoutMs: 100, ...options });
  return {
    open,
    ask: () => {
      const result: { outcome?: unknown } = {};
      ask<string>((signal) => new Promise((resolve, reject) => open.push({ signal, resolve, reject }))).then(
        (answer) => Object.assign(result, { outcome: answer }),
        (error) => Object.assign(result, { outcome: error.reason ?? error }),
      );
      return result;
    },
  };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('so many questions run at once, so many wait, and what is more is refused at once', async () => {
  const { open, ask } = pool();
  const asked = [ask(), ask(), ask(), ask(), ask()];
  await settle();
  expect(open).toHaveLength(2);
  expect(asked.map(({ outcome }) => outcome)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    'overloaded',
  ]);
});

test('an answer or a failure makes room for the one that waits longest', async () => {
  const { open, ask } = pool();
  const asked = [ask(), ask(), ask(), ask()];
  await settle();
  open[1]?.resolve('second');
  await settle();
  expect(open).toHaveLength(3);
  const failure = new Error('down');
  open[0]?.reject(failure);
  await settle();
  expect(open).toHaveLength(4);
  open[3]?.resolve('fourth');
  open[2]?.resolve('third');
  await settle();
  expect(asked.map(({ outcome }) => outcome)).toEqual([failure, 'second', 'third', 'fourth']);
});

test('who is refused or waits in vain is told how many there are, and how long it was', async () => {
  const ask = questionPool({ maxRunning: 1, maxWaiting: 1, timeoutMs: 100 });
  const never = () => new Promise<never>(() => {});
  const asked = [ask(never), ask(never), ask(never)].map((answer) =>
    answer.catch(({ name, reason, message }) => ({ name, reason, message })),
  );
  expect(await asked[2]).toEqual({
    name: 'KeyDirectoryError',
    reason: 'overloaded',
    message: '1 questions run and 1 wait',
  });
  await vi.advanceTimersByTimeAsync(100);
  const late = { name: 'KeyDirectoryError', reason: 'timed-out', message: 'no answer within 100 ms' };
  expect(await Promise.all(asked.slice(0, 2))).toEqual([late, late]);
});

test('a question that throws at once fails and gives its place back', async () => {
  const ask = questionPool({ maxRunning: 1, maxWaiting: 0, timeoutMs: 100 });
  for (let i = 0; i < 3; i++) {
    const failed = ask(() => {
      throw new Error('thrown');
    });
    await expect(failed).rejects.toThrow('thrown');
  }
});

test('the time begins with asking, waiting included', async () => {
  const { open, ask } = pool({ maxRunning: 1 });
  const first = ask();
  await vi.advanceTimersByTimeAsync(60);
  const second = ask();
  await vi.advanceTimersByTimeAsync(39);
  expect([first.outcome, open.length]).toEqual([undefined, 1]);
  await vi.advanceTimersByTimeAsync(1);
  expect([first.outcome, second.outcome, open.length]).toEqual(['timed-out', undefined, 2]);
  await vi.advanceTimersByTimeAsync(60);
  expect(second.outcome).toBe('timed-out');
});

test('the signal tells a question that its time is up, and only then', async () => {
  const { open, ask } = pool();
  ask();
  ask();
  await settle();
  open[0]?.resolve('in time');
  await vi.advanceTimersByTimeAsync(100);
  expect(open.map(({ signal }) => signal.aborted)).toEqual([false, true]);
});

test('an answer that comes too late counts for nothing, and gives no place back twice', async () => {
  const { open, ask } = pool({ maxRunning: 1, maxWaiting: 9 });
  const late = ask();
  await vi.advanceTimersByTimeAsync(100);
  const others = [ask(), ask()];
  await settle();
  open[0]?.resolve('late');
  await settle();
  expect(late.outcome).toBe('timed-out');
  expect(open).toHaveLength(2);
  open[1]?.resolve('first');
  await settle();
  expect(open).toHaveLength(3);
  expect(others.map(({ outcome }) => outcome)).toEqual(['first', undefined]);
});

test('no timer is left behind', async () => {
  const { open, ask } = pool({ maxWaiting: 0 });
  ask();
  ask();
  ask();
  await settle();
  expect(vi.getTimerCount()).toBe(2);
  open[0]?.resolve('a');
  open[1]?.reject(new Error('b'));
  await settle();
  expect(vi.getTimerCount()).toBe(0);
});

test('no timer keeps the process alive', () => {
  vi.useRealTimers();
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const { ask } = pool();
  ask();
  expect(timers()).toBe(before);
});
