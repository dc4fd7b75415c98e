/**
 * Shows the token endpoint at work and under the field's known attacks: `npm run example token-endpoint`, or some of its
 * scenes by their numbers. Ends with 1 when a promise was broken.
 */
import { scenes } from './demo/scenes.js';
import { playAll } from './demo/stage.js';

console.log('An OAuth 2.0 token endpoint on 127.0.0.1. Each line: what was sent, and what came back.');
const kept = await playAll(scenes, console.log, process.argv.slice(2).map(Number));
process.exitCode = kept ? 0 : 1;
