/** The public names of @countersign/express, frozen: a name that comes or goes is a decision. */
import { expect, it } from 'vitest';
import { exportedNames, NAMES_CHANGED } from '../../testkit/src/exported-names.js';

it('exports these names and no others', async () => {
  expect(await exportedNames(new URL('../', import.meta.url)), NAMES_CHANGED).toEqual({
    '.': [
      'BodyRefusedError',
      'answerRefusedBody',
      'canonicalUrl',
      'countersign',
      'echo',
      'refuseUpgrade',
      'verifyUpgrade',
      'type AdapterOptions',
      'type CountersignMiddleware',
      'type CountersignOptions',
      'type Countersigned',
    ],
    './package.json': [],
  });
});
