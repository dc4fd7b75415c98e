/**
 * @countersign/testkit/http: what the adapters' tests send over real sockets.
 */
export { type HostileRequest, hostileRequests } from './hostile.js';
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
