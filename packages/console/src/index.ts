/** @countersign/console: a web page that shows verdicts and budgets as they happen, and takes a canonical string apart. */
export type { Scenario } from './scenario.js';
