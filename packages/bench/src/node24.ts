/** Where to get Node 24: the registry's package `node`, fetched by npx into npm's cache, not into this folder. */
import { spawnSync } from 'node:child_process';

export const NODE_24 = '24.21.0';

/** The path of its executable, or undefined where it cannot be had. */
export function node24(): string | undefined {
  const { status, stdout } = spawnSync(
    'npx',
    ['--yes', `--package=node@${NODE_24}`, '--', 'node', '-p', 'process.execPath'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const path = stdout?.trim().split('\n').at(-1);
  return status === 0 && path !== undefined && path !== '' ? path : undefined;
}
