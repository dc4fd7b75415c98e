/**
 * A real Redis server on 127.0.0.1 with a folder of its own, which tests may stop, kill and start again. It persists
 * nothing unless its configuration says so, and is gone with the process that started it.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { type Argument, asText, type Connection, sendCommand } from './send-command.js';
import { lastLines, serverProcess } from './server-process.js';
import { waitUntil } from './wait-until.js';

const HOST = '127.0.0.1';
const START_MS = 15_000;
const COMMAND_MS = 1_000;
const PORT_ATTEMPTS = 10;
/** What a start that empties the server leaves: its configuration, its place in a cluster, and the log. */
const KEPT = new Set(['redis.conf', 'nodes.conf', 'log']);

/** Lines of redis.conf by their name; an empty value is written as `""`. */
export type RedisConfig = Readonly<Record<string, string>>;

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** Its working folder, with `redis.conf` and `log`. */
  readonly dir: string;
  readonly state: 'running' | 'paused' | 'stopped';
  pid(): number | undefined;
  /**
   * Sends one command and gives the reply as `redis-cli` prints it into a pipe: an element a line, nil as nothing.
   *
   * @throws Error for an error reply, a server that is not there, and after a second without an answer
   */
  command(...args: readonly Argument[]): Promise<string>;
  /** The same, with the reply as it came: Buffer, number, null, or an array of them. */
  reply(...args: readonly Argument[]): Promise<unknown>;
  /** SIGSTOP: its connections stay, and nobody answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL; waits for the end. Port and folder stay reserved for `restart`. */
  kill(): Promise<void>;
  /**
   * Starts it again on its port, with the configuration it has in its folder by now; kills it before, if need be.
   * `empty`: what it has persisted is removed first (but not `nodes.conf`). Resolves when it serves.
   */
  restart(options?: { readonly empty?: boolean }): Promise<void>;
  /** Kills it and removes its folder. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  readonly config?: RedisConfig;
  /** Default: a free one. */
  readonly port?: number;
}

/**
 * Starts one standalone server; resolves when it answers.
 *
 * @throws Error with the last lines of its log when it does not come up, or with what to install
 */
export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return launchRedis({ save: '', appendonly: 'no', ...options.config }, options.port);
}

/** As `startRedis`, without defaults, and with further arguments of `redis-server` such as `--sentinel`. */
export async function launchRedis(
  config: RedisConfig | (() => Promise<RedisConfig>),
  fixedPort?: number,
  args: readonly string[] = [],
): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = fixedPort ?? (await freePort());
    const lines = typeof config === 'function' ? await config() : config;
    const server = prepare(port, lines, args);
    try {
      await server.restart();
      return server;
    } catch (error) {
      const taken = /Address already in use|Failed listening/.test(lastLines(server.dir));
      await server.stop();
      // Somebody else was quicker to take the port.
      if (!taken || fixedPort !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function prepare(port: number, config: RedisConfig, args: readonly string[]): RedisServer {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-redis-'));
  const lines = { port: String(port), bind: HOST, dir, ...config };
  writeFileSync(
    join(dir, 'redis.conf'),
    Object.entries(lines)
      .map(([name, value]) => `${name} ${value === '' ? '""' : value}\n`)
      .join(''),
  );
  const process = serverProcess(dir);
  const to: Connection = { host: HOST, port, password: config['requirepass'], timeoutMs: COMMAND_MS };
  let paused = false;

  const kill = async (): Promise<void> => {
    await process.kill();
    paused = false;
  };
  const reply = (...command: readonly Argument[]): Promise<unknown> => sendCommand(to, command);
  const command = async (...words: readonly Argument[]): Promise<string> => asText(await reply(...words));

  return {
    host: HOST,
    port,
    dir,
    get state() {
      if (process.pid() === undefined) return 'stopped';
      return paused ? 'paused' : 'running';
    },
    pid: process.pid,
    command,
    reply,
    pause() {
      process.signal('SIGSTOP');
      paused = true;
    },
    resume() {
      process.signal('SIGCONT');
      paused = false;
    },
    kill,
    async restart({ empty = false } = {}) {
      await kill();
      if (empty) {
        for (const file of readdirSync(dir)) {
          if (!KEPT.has(file)) rmSync(join(dir, file), { recursive: true });
        }
      }
      await process.start(['redis.conf', ...args]);
      const answer = waitUntil(`redis-server on port ${port}`, START_MS, async () => {
        if (process.pid() === undefined) return 'ended';
        if ((await command('PING')) !== 'PONG') return undefined;
        // Another server on that port may answer while ours gives up.
        const ours = (await command('INFO', 'server')).includes(`process_id:${process.pid()}\r`);
        return ours ? 'serves' : undefined;
      });
      await answer.catch((error: Error) => {
        throw new Error(`${error.message}\n${lastLines(dir)}`, { cause: error });
      });
      process.assertRunning();
    },
    stop: () => process.discard(),
  };
}
