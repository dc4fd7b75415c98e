/** Runs a part in a process of its own, by this Node or by another one. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExtentName } from './extent.js';
import type { Measured } from './results.js';

/** Collections are forced between turns, and V8 must not throw away the code of those whose turn it is not. */
const NODE_OPTIONS = ['--expose-gc', '--no-flush-bytecode'];

interface PartOptions {
  readonly extent: ExtentName;
  /** The Node that runs it. Default: this one. */
  readonly execPath?: string;
}

/** Rejects when the part failed. */
export function runPart(
  name: string,
  { extent, execPath = process.execPath }: PartOptions,
): Promise<Measured> {
  // From dist also where this file is run as TypeScript, by the tests.
  const entry = fileURLToPath(new URL('../dist/run-part.js', import.meta.url));
  const child = fork(entry, [name, extent], { execPath, execArgv: NODE_OPTIONS });
  return new Promise((resolve, reject) => {
    let measured: Measured | undefined;
    child.on('message', (message) => {
      measured = message as Measured;
    });
    child.on('error', reject);
    child.on('exit', (status) => {
      if (measured !== undefined && status === 0) resolve(measured);
      else reject(new Error(`${name} ended with ${status}`));
    });
  });
}
