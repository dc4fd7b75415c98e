/**
 * @countersign/server/stores: what a store is written with, beside the contract itself (`Store`).
 *
 * @packageDocumentation
 */
export { type AcceptanceWindow, requireSameTolerance, staleSinceMs } from './acceptance-window.js';
export { startDeadline } from './deadline.js';
export { observer } from './observer.js';
export { requireFunction, requireObject } from './option-kinds.js';
export type { Admission, AdmissionResult, BudgetLevel, Charge, Store } from './store.js';
export { requireWhole } from './whole-number.js';
