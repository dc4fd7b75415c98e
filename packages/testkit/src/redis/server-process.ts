/**
 * A redis-server process that never outlives this one: a shell beside it kills it, and removes its folder, as soon as
 * its standard input closes, which the system sees to however this process ends, SIGKILL included.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LOG_LINES = 15;
const MISSING = "redis-server missing; install it with your system's package manager (Debian's redis-server)";
/** Reads the id of the process to kill, a line at each start, an empty one when it has ended. */
const WATCHDOG = `pid=; while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -KILL "$pid"; rm -rf "$1"`;

interface ServerProcess {
  pid(): number | undefined;
  /**
   * Starts `redis-server`; does not wait until it serves.
   *
   * @throws Error when there is no such command, with what to install
   */
  start(args: readonly string[]): Promise<void>;
  /** @throws Error when it is not running */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, unless it has ended; waits for its end. */
  kill(): Promise<void>;
  /** @throws Error with the last lines of its log when it is not running */
  assertRunning(): void;
  /** Kills it and removes its folder. */
  discard(): Promise<void>;
}

/** @param dir the folder that it runs in and that is removed with it; its output goes to `log` there */
export function serverProcess(dir: string): ServerProcess {
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
    // Ctrl-C in a terminal must not end the watchdog before its server.
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin.on('error', () => {});
  let running: ChildProcess | undefined;
  let failure: string | undefined;

  const kill = async (): Promise<void> => {
    const child = running;
    if (child === undefined) return;
    child.ref();
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  return {
    pid: () => running?.pid,
    async start(args) {
      if (running !== undefined) throw new Error('redis-server: already running');
      const log = openSync(join(dir, 'log'), 'a');
      const child = spawn('redis-server', args, { cwd: dir, stdio: ['ignore', log, log] });
      closeSync(log);
      if (child.pid === undefined) {
        const [error]: NodeJS.ErrnoException[] = await once(child, 'error');
        throw error?.code === 'ENOENT' ? new Error(MISSING, { cause: error }) : error;
      }
      child.unref();
      running = child;
      watchdog.stdin.write(`${child.pid}\n`);
      child.on('exit', (status, signal) => {
        running = undefined;
        failure = `redis-server ended with ${signal ?? status}; its last lines:\n${lastLines(dir)}`;
        watchdog.stdin.write('\n');
      });
    },
    signal(name) {
      if (running?.kill(name) !== true) throw new Error(`${name}: redis-server is not running`);
    },
    kill,
    assertRunning() {
      if (running === undefined) throw new Error(failure ?? 'redis-server is not running');
    },
    async discard() {
      await kill();
      if (watchdog.exitCode !== null) return;
      watchdog.ref();
      const exited = once(watchdog, 'exit');
      watchdog.stdin.end();
      await exited;
    },
  };
}

/** The end of the log that a server has written into its folder. */
export function lastLines(dir: string): string {
  try {
    return readFileSync(join(dir, 'log'), 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
  } catch {
    return '(no log)';
  }
}
