import { memoryStore } from '@countersign/server';
import { storeContract } from '../../src/store-contract/index.js';

storeContract('memory', {
  create: ({ maxNonces, maxBudgetsPerOwner }) => memoryStore({ maxNonces, maxBudgetsPerOwner }),
});
