import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Many tests wait for a window or a process; four of them keep two cores busy.
    maxWorkers: 4,
    reporters: ['default'],
  },
});
