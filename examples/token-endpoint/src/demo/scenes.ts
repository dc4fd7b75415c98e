/** The scenes, in the order in which they are told. */
import { forms, plusSigns, scopes, spellings } from './dilution.js';
import { edgeOfAWindow, enumeration, manyClients, manyNames, oneClient } from './guessing.js';
import { grants, onlyFailuresCost, refreshTokens } from './ordinary.js';
import { otherService, replay } from './replay.js';
import type { Scene } from './stage.js';
import { addresses, floods, lockOut, wrongSignatures } from './strangers.js';

export const scenes: readonly Scene[] = [
  grants,
  onlyFailuresCost,
  oneClient,
  manyClients,
  manyNames,
  edgeOfAWindow,
  spellings,
  plusSigns,
  forms,
  scopes,
  replay,
  otherService,
  addresses,
  floods,
  lockOut,
  wrongSignatures,
  enumeration,
  refreshTokens,
];
