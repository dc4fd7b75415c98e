/**
 * @countersign/testkit/store-contract: what every store must keep. Registers suites with vitest.
 */
export { type FakeClock, fakeClock } from './fake-clock.js';
export { type StoreContractOptions, storeContract } from './store-contract.js';
export type { CreateStore, StoreSetup } from './subject.js';
