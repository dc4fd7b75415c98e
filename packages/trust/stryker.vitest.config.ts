// How the tests run under mutation: in the sandbox, with every package's own sources in place of what was compiled
// from them, so that a mutant in `src` is what the tests of all packages meet. `src/mutation` calls this.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root: string = fileURLToPath(new URL('../..', import.meta.url));
const inPackages = (path: string): string => `${root}packages/${path}`;
/** Nearest first: the first test that fails ends the run of a mutant. */
const tests: string[] = (process.env['COUNTERSIGN_MUTATION_TESTS'] ?? '').split(' ').map(inPackages);

class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => tests.indexOf(moduleId);
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^#hash$/, replacement: inPackages('canonical/src/hash/node.ts') },
      { find: /^#horizon-file$/, replacement: inPackages('server/src/memory/horizon-file.ts') },
      { find: /^@countersign\/server\/adapter$/, replacement: inPackages('server/src/adapter/index.ts') },
      { find: /^@countersign\/server\/stores$/, replacement: inPackages('server/src/stores.ts') },
      {
        find: /^@countersign\/testkit\/(http|store-contract)$/,
        replacement: inPackages('testkit/src/$1/index.ts'),
      },
      {
        find: /^@countersign\/(canonical|client|server|testkit)$/,
        replacement: inPackages('$1/src/index.ts'),
      },
      { find: /^fast-check$/, replacement: inPackages('trust/src/mutation/fewer-runs.ts') },
    ],
  },
  test: {
    include: tests,
    // One worker for the files of a run, which takes a third of the time. Each mutant still has a run of its own, with all
    // modules loaded anew, as mutants in a module's constants need.
    isolate: false,
    sequence: { sequencer: NearestFirst },
    testTimeout: Number(process.env['COUNTERSIGN_MUTATION_TEST_MS'] ?? 60_000),
    hookTimeout: 60_000,
  },
});
