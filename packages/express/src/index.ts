/**
 * @countersign/express: the verifier as middleware of Express 4 and 5.
 *
 * @packageDocumentation
 */
export { BodyRefusedError } from '@countersign/server';
export { type AdapterOptions, echo, refuseUpgrade, verifyUpgrade } from '@countersign/server/adapter';
export { answerRefusedBody } from './body-refused.js';
export { canonicalUrl } from './canonical-url.js';
export { type CountersignMiddleware, type CountersignOptions, countersign } from './countersign.js';
export type { Countersigned } from './countersigned.js';
