export type { AcceptanceWindow, Tolerance } from './acceptance-window.js';
export type { Admission, AdmissionResult, BudgetLevel, Charge, Store } from './store.js';
