// What looks at the built site is not part of `npm test`, since building takes longer than all other tests of this package:
// `npm run docs -- --check`.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['test/built/*.check.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
