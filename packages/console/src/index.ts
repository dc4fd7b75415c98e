/**
 * @countersign/console: a web page that shows verdicts and budgets as they happen, and takes a canonical string apart.
 *
 * @packageDocumentation
 */
export { type Console, type ConsoleOptions, createConsole } from './console.js';
export { ownNames } from './own-names.js';
export type { Scenario } from './scenario.js';
