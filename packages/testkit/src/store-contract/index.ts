/**
 * @countersign/testkit/store-contract: what every store must keep. Registers suites with vitest.
 */
export { type FakeClock, fakeClock } from './fake-clock.js';
export { type Played, play, type Step, steadyHistories, unsteadyHistories } from './histories.js';
export { type PlainModel, plainModel } from './plain-model.js';
export { type StoreContractOptions, storeContract } from './store-contract.js';
export {
  type Ask,
  admissionAt,
  type CreateStore,
  charge,
  nonceOf,
  type StoreSetup,
  type Subject,
  TOLERANCE,
  withStore,
} from './subject.js';
