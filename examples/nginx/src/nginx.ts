/**
 * Starts nginx, unprivileged, in the foreground and in a temporary folder, with configuration files as they would be
 * included by the system's. It is gone with the process that started it, however that one ends.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@countersign/testkit/redis';

const MISSING = "nginx missing; install it with your system's package manager (Debian's nginx)";
const START_MS = 10_000;
const ATTEMPTS = 5;
/** Ends nginx and removes its folder as soon as its standard input closes: the system sees to that. */
const KEEPER = 'nginx "$@" & pid=$!; cat > /dev/null; kill -TERM "$pid"; wait "$pid"; rm -rf "$2"';

/** What the system's nginx.conf has around the files that it includes, without a place that needs privileges. */
const AROUND = `
daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 256; }
http {
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  log_format hops '$request_method $request_uri $status via $upstream_addr';
  access_log access.log hops;
  include included-*.conf;
}
`;

export interface Nginx {
  /** By the port that each has in its file. */
  readonly portOf: (listed: number) => number;
  /** Lines of method, target, status and the processes that a request was sent to. */
  readonly log: () => string[];
  readonly stop: () => Promise<void>;
}

/**
 * Starts it with the given files.
 *
 * @param listens ports that the files listen on; each becomes a free one
 * @param edit what else is changed in their text
 * @throws Error with what nginx says against a file, or with what to install
 */
export async function startNginx(
  files: readonly string[],
  listens: readonly number[],
  edit: (text: string) => string,
): Promise<Nginx> {
  for (let attempt = 1; ; attempt++) {
    const ports = new Map(await Promise.all(listens.map(async (port) => [port, await freePort()] as const)));
    const dir = mkdtempSync(join(tmpdir(), 'countersign-nginx-'));
    for (const [n, file] of files.entries()) {
      const text = readFileSync(file, 'utf8');
      const moved = text.replace(/(?<=listen 127\.0\.0\.1:)\d+/g, (port) => String(ports.get(Number(port))));
      writeFileSync(join(dir, `included-${n}.conf`), edit(moved));
    }
    writeFileSync(join(dir, 'main.conf'), AROUND);
    const nginx = keep(dir, ports);
    try {
      requireValid(dir);
      await Promise.all([...ports.values()].map(reached));
      return nginx;
    } catch (error) {
      const taken = /Address already in use/.test(`${error}${errorLog(dir)}`);
      await nginx.stop();
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}

const argumentsIn = (dir: string): string[] => ['-p', dir, '-c', 'main.conf', '-e', 'error.log'];

function keep(dir: string, ports: ReadonlyMap<number, number>): Nginx {
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', ...argumentsIn(dir)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in a terminal must not end the keeper before its nginx.
    detached: true,
  });
  keeper.stdin.on('error', () => {});
  return {
    portOf: (listed) => ports.get(listed) ?? 0,
    log: () => readFileSync(join(dir, 'access.log'), 'utf8').trimEnd().split('\n'),
    stop: async () => {
      if (keeper.exitCode !== null) return;
      const ended = once(keeper, 'exit');
      keeper.stdin.end();
      await ended;
    },
  };
}

/** @throws Error with what is wrong with the files, or with what to install */
function requireValid(dir: string): void {
  const { error, status, stderr } = spawnSync('nginx', ['-t', '-q', ...argumentsIn(dir)], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw new Error(MISSING, { cause: error });
  if (status !== 0) throw new Error(`nginx does not take its configuration:\n${stderr}`);
}

async function reached(port: number): Promise<void> {
  await waitUntil(`nginx on port ${port}`, START_MS, async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } finally {
      socket.destroy();
    }
  });
}

function errorLog(dir: string): string {
  try {
    return readFileSync(join(dir, 'error.log'), 'utf8');
  } catch {
    return '';
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
