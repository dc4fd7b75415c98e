/** Every export says what it is, and says nothing that leads nowhere. */
import { expect, it } from 'vitest';
import { apiReference } from '../dist/api-reference.js';

it('TypeDoc has nothing to complain of: no export of any package is undocumented, no link is broken', async () => {
  expect(await apiReference()).toEqual([]);
}, 300_000);
