/** All steps, in their order. Each can also be run alone. */
import type { Step } from '../step.js';
import { newHorizonFile } from './beginning.js';
import { books } from './books.js';
import { fastClock, slowClock } from './clocks.js';
import { otherSpellings, signedReadsAndWrites } from './daily-work.js';
import { acrossTheEdge, floodedScope, sharedBudget } from './floods.js';
import { futureCopy, heldOriginal, staleCapture } from './held-back.js';
import { forgedRefusals, lostAnswers, proxy503 } from './lies.js';
import { fieldNotations, targetNotations, timeNotations } from './notations.js';
import { anotherService, fiftyCopies, replayAtOnce } from './replay.js';
import { killedServer, politeRestart } from './restarts.js';
import { dearRequests, dilutedBudgets, foreignScopes, inventedTenants } from './scopes.js';
import { junkFlood } from './strangers.js';
import { injectedFields, tampering } from './tampering.js';
import { cutUpload, endlessBodies, wrongBodyFirst } from './uploads.js';
import { patientClient, retryLaw } from './waiting.js';

export const STEPS: readonly Step[] = [
  newHorizonFile,
  signedReadsAndWrites,
  otherSpellings,
  replayAtOnce,
  fiftyCopies,
  anotherService,
  tampering,
  injectedFields,
  fieldNotations,
  timeNotations,
  targetNotations,
  foreignScopes,
  inventedTenants,
  dilutedBudgets,
  dearRequests,
  wrongBodyFirst,
  cutUpload,
  endlessBodies,
  acrossTheEdge,
  floodedScope,
  sharedBudget,
  retryLaw,
  patientClient,
  forgedRefusals,
  proxy503,
  lostAnswers,
  slowClock,
  fastClock,
  futureCopy,
  staleCapture,
  heldOriginal,
  killedServer,
  politeRestart,
  junkFlood,
  books,
];
