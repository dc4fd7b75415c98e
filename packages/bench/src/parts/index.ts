/** The parts of the bench, in the order in which they run. Each runs in a process of its own. */
import type { Extent } from '../extent.js';
import type { Measured } from '../results.js';
import { measureAdmit } from './admit.js';
import { measureAttack } from './attack.js';
import { measureBodies } from './bodies.js';
import { measureBundle } from './bundle.js';
import { measureExpiry } from './expiry.js';
import { measureHttp } from './http.js';
import { measureLiveNonces } from './live-nonces.js';
import { measureMemory } from './memory.js';
import { measureRedis } from './redis.js';
import { measureSign } from './sign.js';
import { measureVerify } from './verify.js';

export type Part = (extent: Extent) => Promise<Measured>;

export const PARTS: ReadonlyMap<string, Part> = new Map([
  ['sign', measureSign],
  ['verify', measureVerify],
  ['bodies', measureBodies],
  ['admit', measureAdmit],
  ['hono', (extent) => measureHttp('hono', extent)],
  ['express', (extent) => measureHttp('express', extent)],
  ['attack', measureAttack],
  ['redis', measureRedis],
  ['memory', measureMemory],
  ['live', measureLiveNonces],
  ['expiry', measureExpiry],
  ['bundle', measureBundle],
]);
