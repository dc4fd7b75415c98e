/**
 * @countersign/hono: the verifier as Hono middleware, on every runtime that Hono runs on.
 *
 * @packageDocumentation
 */
export { BodyRefusedError } from '@countersign/server';
export { type AdapterOptions, refuseUpgrade, verifyUpgrade } from '@countersign/server/adapter';
export { type CountersignOptions, countersign } from './countersign.js';
export type { Countersigned } from './countersigned.js';
export { echo } from './echo.js';
