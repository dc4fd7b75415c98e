/**
 * What a live nonce costs in Redis: growth of `used_memory` at 100,000 nonces, in the campaign at 200,000, buckets and
 * records included, measured by `bench/memory.mjs` on the built package with the admission script and a redis-server of
 * its own.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runs } from '@countersign/testkit';
import { expect, it } from 'vitest';

/** With fewer the fixed costs of the buckets would be most of it. */
const NONCES: number = Math.min(200_000, runs(100_000));
const LIMIT_BYTES = 40;
/** Less than what has to be kept would be a fault of the measurement: 16 bytes of the nonce, 6 of its signed time. */
const LEAST_BYTES = 22;

it('costs at most 40 bytes a live nonce, at 100,000 and more of one key and of a thousand keys', async () => {
  const bench = fileURLToPath(new URL('../bench/memory.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [bench, '--json', String(NONCES)]);
  const { oneKey, thousandKeys } = JSON.parse(stdout);
  for (const bytes of [oneKey, thousandKeys]) {
    expect(bytes).toBeGreaterThan(LEAST_BYTES);
    expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES);
  }
});
