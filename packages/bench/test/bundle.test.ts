/** What a browser loads stays small: a verifier's code that slips in, or a chunk more, turns this red. */
import { expect, it } from 'vitest';
import { EXTENTS } from '../src/extent.js';
import { measureBundle } from '../src/parts/bundle.js';

/** Near what it is, so that growth is a decision. */
const MOST_KIB = { 'countersign: createSigner and createFetch': 11.5, 'countersign: createSigner': 7.7 };

it('holds what signing and sending need, and loads pacing and redirects when they are used', async () => {
  const { comparisons } = await measureBundle(EXTENTS.tiny);
  const rows = comparisons[0]?.rows ?? [];
  for (const [name, mostKib] of Object.entries(MOST_KIB)) {
    expect(rows.find((row) => row.name === name)?.value, name).toBeLessThan(mostKib);
  }
  expect(comparisons[0]?.notes?.join()).toMatch(
    /pacing\.js \(\d\.\d KiB\) and redirects\.js \(\d\.\d KiB\) are loaded/,
  );
});
