/** The public names of @countersign/client, frozen: a name that comes or goes is a decision. */
import { expect, it } from 'vitest';
import { exportedNames, NAMES_CHANGED } from '../../testkit/src/exported-names.js';

it('exports these names and no others', async () => {
  expect(await exportedNames(new URL('../', import.meta.url)), NAMES_CHANGED).toEqual({
    '.': [
      'AlreadyAdmittedError',
      'CanonicalError',
      'ClockSkewError',
      'CountersignError',
      'OutcomeUnknownError',
      'RateLimitedError',
      'StoreUnavailableError',
      'createFetch',
      'createSigner',
      'type CallOptions',
      'type FetchOptions',
      'type HeadersInput',
      'type Outcome',
      'type SignInput',
      'type SignedFetch',
      'type SignedRequestInit',
      'type Signer',
      'type SignerOptions',
    ],
    './undici': ['countersign', 'type SignedDispatchOptions'],
    './package.json': [],
  });
});
