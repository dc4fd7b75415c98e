import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdleQueue } from '../../src/memory/idle-queue.js';

describe('the idle queue', () => {
  it('gives what is idle first, for things whose time moves later while they queue', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), at: fc.nat({ max: 50 }) }),
      fc.record({ kind: fc.constant('use' as const), which: fc.nat(), later: fc.nat({ max: 50 }) }),
      fc.record({ kind: fc.constant('pop' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = createIdleQueue<{ at: number }>((item) => item.at);
        const items = new Set<{ at: number }>();
        for (const step of steps) {
          if (step.kind === 'push') {
            const item = { at: step.at };
            items.add(item);
            queue.push(item);
          } else if (step.kind === 'use') {
            const item = [...items][step.which % Math.max(1, items.size)];
            if (item !== undefined) item.at += step.later;
          } else {
            const earliest = Math.min(...[...items].map(({ at }) => at));
            expect(queue.idleBy(earliest - 1)).toBeUndefined();
            const first = queue.first();
            expect(first?.at).toBe(items.size === 0 ? undefined : earliest);
            expect(queue.idleBy(earliest)).toBe(first);
            expect(queue.pop()).toBe(first);
            if (first !== undefined) expect(items.delete(first)).toBe(true);
          }
        }
        for (let left = items.size; left > 0; left--) items.delete(queue.pop() ?? { at: -1 });
        expect([items.size, queue.pop()]).toEqual([0, undefined]);
      }),
      { numRuns: 1000 },
    );
  });
});
