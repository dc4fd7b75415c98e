import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    // Many tests wait for a window or a process; a third keeps two cores busy meanwhile.
    maxWorkers: 3,
    reporters: ['default'],
  },
});
