// The two commands of the README, on a machine with nothing but Node and npm: `npm run demo` and `npm test`.
// Installs what is missing and says so. `npm run example <name>` runs one of the examples; `campaign` and `chaos` are
// the long forms of tests; `bench`, `runtimes`, `mutation`, `fuzz` and `timing` measure, `docs` builds the site.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { printChaos } from './chaos-table.mjs';
import { ensureCommands } from './system-packages.mjs';

const PNPM = `pnpm@${JSON.parse(readFileSync('package.json', 'utf8')).packageManager.split('@')[1]}`;
/** What a horizon file is locked with, where Node itself has no call for it. */
const LOCKS = process.platform === 'linux' ? ['flock'] : [];
/** What the tests drive and npm does not bring. */
const TESTS_NEED = [
  ...['python3', 'django', 'flask', 'curl', 'openssl', 'sha256sum'],
  ...['redis-server', 'nginx', 'wrk', 'chromium'],
];
/** The same for an example. */
const EXAMPLES_NEED = { cors: ['chromium'], nginx: ['nginx', 'redis-server'] };
const RESULTS = 'node_modules/.cache/test-results.json';
const CHAOS_RESULTS = 'node_modules/.cache/chaos-results.jsonl';

const commands = {
  demo: () => {
    ensureCommands(LOCKS);
    run('node', ['examples/demo/dist/main.js', ...process.argv.slice(3)]);
  },
  test: () => {
    ensureCommands([...LOCKS, ...TESTS_NEED]);
    run('node', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']);
    run('node', ['scripts/check-layout.mjs']);
    return runTests([]);
  },
  example: () => {
    const [name = '', ...more] = process.argv.slice(3);
    const main = (example) => `examples/${example}/dist/main.js`;
    if (!/^[a-z-]+$/.test(name) || !existsSync(main(name))) {
      const names = readdirSync('examples').filter((example) => existsSync(main(example)));
      console.error(`usage: npm run example ${names.join(' | ')}`);
      process.exit(2);
    }
    ensureCommands(EXAMPLES_NEED[name] ?? []);
    run('node', [main(name), ...more]);
  },
  campaign: () => {
    process.env.COUNTERSIGN_RUNS ??= '50';
    say(`campaign: the laws with ${process.env.COUNTERSIGN_RUNS} times their runs (COUNTERSIGN_RUNS)`);
    ensureCommands(['redis-server']);
    return runTests([
      '--testTimeout=7200000',
      '--exclude=**/chaos/**',
      'packages/testkit/test/laws',
      'packages/testkit/test/stores',
      'packages/redis/test',
      'packages/cli/test/probe-broken.test.ts',
      'packages/cli/test/vectors-run.test.ts',
    ]);
  },
  bench: () => {
    ensureCommands([...LOCKS, 'redis-server', 'wrk']);
    run('node', ['packages/bench/dist/main.js', ...process.argv.slice(3)]);
  },
  runtimes: () => {
    ensureCommands(['chromium']);
    run('node', ['packages/runtimes/dist/main.js', ...process.argv.slice(3)]);
  },
  mutation: () => run('node', ['packages/trust/dist/mutation/main.js', ...process.argv.slice(3)]),
  fuzz: () => run('node', ['packages/trust/dist/fuzz/main.js', ...process.argv.slice(3)]),
  timing: () => run('node', ['packages/trust/dist/timing/main.js', ...process.argv.slice(3)]),
  docs: () => {
    if (process.argv.includes('--check')) ensureCommands(['chromium']);
    run('node', ['packages/site/dist/main.js', ...process.argv.slice(3)]);
  },
  chaos: async () => {
    ensureCommands([...LOCKS, 'redis-server']);
    rmSync(CHAOS_RESULTS, { force: true });
    mkdirSync(dirname(CHAOS_RESULTS), { recursive: true });
    const extent = { SECONDS: 20, ROUNDS: 2, SERVICES: 4, RATE: 150 };
    for (const [name, value] of Object.entries(extent)) {
      process.env[`COUNTERSIGN_CHAOS_${name}`] ??= String(value);
      say(`chaos: COUNTERSIGN_CHAOS_${name}=${process.env[`COUNTERSIGN_CHAOS_${name}`]}`);
    }
    process.env.COUNTERSIGN_CHAOS_RESULTS = resolve(CHAOS_RESULTS);
    // The folder first: it would be taken for the value of an option that has none.
    const options = ['--testTimeout=7200000', '--no-file-parallelism', '--disable-console-intercept'];
    await runTests(['packages/redis/test/chaos', ...options]);
    printChaos(CHAOS_RESULTS);
  },
};

const command = commands[process.argv[2] ?? ''];
if (command === undefined) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join(' | ')}`);
  process.exit(2);
}
install();
say('compiling with tsc -b');
run('node', ['node_modules/typescript/bin/tsc', '-b']);
await command();

function install() {
  const done = 'node_modules/.modules.yaml';
  if (existsSync(done) && statSync(done).mtimeMs >= statSync('pnpm-lock.yaml').mtimeMs) return;
  say(`installing the packages of the lockfile with ${PNPM} (by npx, into this folder)`);
  run('npx', ['--yes', PNPM, 'install', '--frozen-lockfile']);
}

/** Runs the tests, says once a minute that it is still at it, and ends with a line that counts them. */
async function runTests(more) {
  say('running the tests');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const vitest = spawn('node', ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...more], {
    stdio: 'inherit',
  });
  let minutes = 0;
  const progress = setInterval(() => say(`${++minutes} min, still running`), 60_000);
  const [status] = await once(vitest, 'exit');
  clearInterval(progress);
  const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(readFileSync(RESULTS, 'utf8'));
  const skipped = numTotalTests - numPassedTests - numFailedTests;
  console.log(
    `${numPassedTests} passed, ${numFailedTests} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  process.exitCode = status ?? 1;
}

function run(file, args) {
  const { status, error } = spawnSync(file, args, { stdio: 'inherit' });
  if (error !== undefined) say(`${file}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function say(text) {
  console.log(`countersign: ${text}`);
}
