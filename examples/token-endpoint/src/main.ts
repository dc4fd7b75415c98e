/**
 * Shows the token endpoint at work and under the field's known attacks: `npm run example token-endpoint`, or some of its
 * scenes by their numbers. Ends with 1 when a promise was broken.
 */
import { scenes } from './demo/scenes.js';
import { playAll } from './demo/stage.js';

console.log('An OAuth 2.0 token endpoint on 127.0.0.1. Each line: what was sent, and what came back.');
const numbers = process.argv.slice(2).map(Number);
const chosen = scenes.filter((_, i) => numbers.length === 0 || numbers.includes(i + 1));
const kept = await playAll(chosen, console.log);
process.exitCode = kept ? 0 : 1;
