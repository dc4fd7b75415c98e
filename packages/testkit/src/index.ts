/**
 * @countersign/testkit: what the tests of several packages share. Private; nothing of it runs in production.
 */

export { junkRequests, junkTexts } from './arbitraries/junk.js';
export { queries, respelledPieces, respelledQueries } from './arbitraries/queries.js';
export {
  bodies,
  methods,
  requestParts,
  requests,
  respelledRequests,
  signableFields,
  type UnsignedRequest,
} from './arbitraries/requests.js';
export { nestedScopes, scopeSegments, scopes, signedScopes } from './arbitraries/scopes.js';
export {
  keyIds,
  nonces,
  type SigningKey,
  secretOctets,
  secrets,
  signingKeys,
  timestamps,
} from './arbitraries/signing-keys.js';
export { joinRespelled, type Respelled, respelledOneOf, spellingsOf } from './arbitraries/spelling.js';
export {
  absoluteForm,
  authorities,
  originForms,
  respelledPaths,
  respelledTargets,
  schemes,
} from './arbitraries/targets.js';
export { ATTACK_CATALOGUE, type Attack, type AttackSource } from './attack-catalogue.js';
export { runs } from './runs.js';
export { type SignedHead, type SigningInput, signHead, TEST_AUDIENCE, TEST_SECRET } from './signing.js';
