/**
 * Shows an API on Hono in two processes with one Redis, behind an nginx that strips a prefix and rewrites Host: first
 * what breaks, then what makes it right. Ends with 1 when a promise was broken.
 */
import { showAddresses } from './show/addresses.js';
import { showBodies } from './show/bodies.js';
import { showDoctor } from './show/doctor.js';
import { showNaive } from './show/naive.js';
import { showPaths } from './show/paths.js';
import { showRetries } from './show/retries.js';
import { setStage } from './stage.js';

const stage = await setStage().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
try {
  console.log(`nginx at ${stage.api} strips /partners; behind it two processes with one Redis`);
  await showNaive(stage);
  await showDoctor(stage);
  // A Redis that is new refuses everything for two seconds, and the client waits for it.
  await showPaths(stage);
  await showAddresses(stage);
  await showBodies(stage);
  await showRetries(stage);
} finally {
  await stage.stop();
}
