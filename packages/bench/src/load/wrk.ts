/** Runs wrk with requests that were signed just before it starts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TARGET } from '../order-request.js';

const SCRIPT = fileURLToPath(new URL('../../load/requests.lua', import.meta.url));

interface Load {
  readonly port: number;
  readonly dir: string;
  /** Names its files in `dir`. */
  readonly name: string;
  readonly connections: number;
  readonly seconds: number;
  readonly body: Uint8Array;
  /** Header lines, one for each request. */
  readonly lines: readonly string[];
  /** Whether the lines may be sent more than once. Default false: `ranOut` tells when there were too few. */
  readonly again?: boolean;
  readonly target?: string;
}

export interface Loaded {
  /** Answers a second. */
  readonly rate: number;
  readonly requests: number;
  /** Answers with a status of 400 or more. */
  readonly refused: number;
  /** Whether there were more requests than lines. */
  readonly ranOut: boolean;
}

interface Summary extends Omit<Loaded, 'rate' | 'ranOut'> {
  readonly durationUs: number;
  readonly broken: number;
  readonly ranOut: number;
}

/** Rejects when wrk fails, or a request had no answer. */
export async function runWrk(load: Load): Promise<Loaded> {
  const { port, dir, name, connections, seconds, body, lines, again = false, target = TARGET } = load;
  const linesFile = join(dir, `${name}.lines`);
  const bodyFile = join(dir, `${name}.body`);
  writeFileSync(linesFile, `${lines.join('\n')}\n`);
  writeFileSync(bodyFile, body);
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', SCRIPT];
  const script = ['--', linesFile, bodyFile, target, again ? 'again' : 'once'];
  const wrk = spawn('wrk', [...args, `http://127.0.0.1:${port}`, ...script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(wrk, 'close');
  let text = '';
  for await (const chunk of wrk.stdout) text += String(chunk);
  const [status] = await closed;
  rmSync(linesFile);
  const json = /^\{.*\}$/m.exec(text)?.[0];
  if (status !== 0 || json === undefined) throw new Error(`wrk ended with ${status}: ${text}`);
  const { requests, refused, durationUs, broken, ranOut } = JSON.parse(json) as Summary;
  if (broken > 0) throw new Error(`${name}: ${broken} requests had no answer`);
  return { requests, refused, ranOut: ranOut > 0, rate: requests / (durationUs / 1e6) };
}
