/** The scenes, in the order in which they are told. */
import { addresses, forged, redirected, replayed } from './attacks.js';
import {
  deadLetters,
  delivered,
  lateDelivery,
  lostAnswer,
  receiversLimit,
  slowReceiver,
} from './deliveries.js';
import { rotation } from './rotation.js';
import type { Scene } from './stage.js';

export const scenes: readonly Scene[] = [
  delivered,
  lateDelivery,
  lostAnswer,
  slowReceiver,
  receiversLimit,
  deadLetters,
  rotation,
  replayed,
  forged,
  redirected,
  addresses,
];
