import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { catchUp, IDS, type Id, Model, Real, type Version } from './directory-model.js';

type Command = fc.AsyncCommand<Model, Real>;

/** A command that does the same to both, after which both must look the same from everywhere. */
function command(name: string, apply: (model: Model, real: Real) => void | Promise<void>): Command {
  return {
    check: () => true,
    toString: () => name,
    run: async (model, real) => {
      await apply(model, real);
      await catchUp();
      for (const id of IDS) expect([id, real.peek(id)]).toEqual([id, model.peek(id)]);
      expect(real.questions.map(({ id }) => id)).toEqual(model.questions.map(({ id }) => id));
      expect(real.calls.map(({ outcome }) => outcome)).toEqual(model.calls.map(({ outcome }) => outcome));
    },
  };
}

const id = fc.constantFrom<Id>(...IDS);
const version = fc.option(fc.constantFrom('v1', 'v2', 'v3'), { nil: undefined, freq: 3 });
const step = fc.constantFrom(
  1,
  500,
  999,
  1_000,
  1_999,
  2_000,
  4_999,
  5_000,
  10_000,
  19_999,
  20_000,
  29_999,
  30_000,
);

const write = (id: Id, version: Version): Command =>
  command(`write ${id} ${version}`, (model, real) => {
    model.database.set(id, version);
    real.database.set(id, version);
  });
const find = (id: Id): Command =>
  command(`find ${id}`, (model, real) => {
    model.find(id);
    real.find(id);
  });
const touch = (id: Id): Command =>
  command(`touch ${id}`, (model, real) => {
    model.touch(id);
    real.directory.touch(id);
  });
const invalidate = (id: Id): Command =>
  command(`invalidate ${id}`, (model, real) => {
    model.invalidate(id);
    real.directory.invalidate(id);
  });
const settle = (fromLast: number, failed: boolean): Command =>
  command(`${failed ? 'fail' : 'answer'} -${fromLast}`, (model, real) => {
    const index = model.questions.length - 1 - fromLast;
    model.settle(index, failed);
    const question = real.questions[index];
    if (failed) question?.reject();
    else question?.resolve();
  });
const answeredFind = (id: Id): Command =>
  command(`find ${id} and answer`, async (model, real) => {
    model.find(id);
    real.find(id);
    await catchUp();
    model.settle(model.questions.length - 1, false);
    real.questions.at(-1)?.resolve();
  });
const advance = (ms: number): Command =>
  command(`advance ${ms}`, async (model) => {
    model.advance(ms);
    await catchUp(ms);
  });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a cached directory says what the naive one says, after every step of every history', async () => {
  let histories = 0;
  const seen = { cached: 0, refreshed: 0, timedOut: 0, detached: 0, failed: 0 };
  const commands = fc.commands(
    [
      fc.tuple(id, version).map(([id, version]) => write(id, version)),
      id.map(find),
      id.map(answeredFind),
      id.map(touch),
      id.map(invalidate),
      fc.tuple(fc.nat(3), fc.boolean()).map(([fromLast, failed]) => settle(fromLast, failed)),
      step.map(advance),
    ],
    { maxCommands: 40, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (commands) => {
      histories++;
      const model = new Model();
      await fc.asyncModelRun(() => ({ model, real: new Real() }), commands);
      for (const call of model.calls) if (!('id' in call)) seen.cached++;
      for (const question of model.questions) {
        if (question.outcome === 'timed-out') seen.timedOut++;
        if (question.outcome === 'failed') seen.failed++;
        if (question.detached && typeof question.outcome === 'object') seen.detached++;
        if (!model.calls.includes(question)) seen.refreshed++;
      }
    }),
    { numRuns: 2_000 },
  );
  // The histories must reach what they are meant to test.
  for (const [what, times] of Object.entries(seen)) expect(times / histories, what).toBeGreaterThan(0.025);
});
