/**
 * @countersign/testkit/http: what the adapters' tests send over real sockets, and what they all must do with it.
 */
export type { AdapterUnderTest, Echo, EchoServer } from './adapter.js';
export { describeAnswers } from './answer-contract.js';
export { describeBodies } from './body-contract.js';
export { type HostileRequest, hostileRequests } from './hostile.js';
export { describeHostileBytes } from './hostile-contract.js';
export { describeTargets } from './target-contract.js';
export { signNow, type WatchedVerifier, watchedVerifier } from './verifier.js';
export {
  chunked,
  type Exchange,
  type ExchangeOptions,
  exchange,
  type Piece,
  sendSigned,
  type WireAnswer,
  wireBytes,
  wireHead,
} from './wire.js';
