/**
 * Shows webhooks on their way, and on wrong ways: `npm run example webhooks`, or some of its scenes by their numbers.
 * Ends with 1 when a promise was broken.
 */
import { scenes } from './demo/scenes.js';
import { playAll } from './demo/stage.js';

console.log(
  'A sender of webhooks and its customers on 127.0.0.1. Each line: what was done, and what came of it.',
);
const kept = await playAll(scenes, console.log, process.argv.slice(2).map(Number));
process.exitCode = kept ? 0 : 1;
