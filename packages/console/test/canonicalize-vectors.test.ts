/**
 * The published vectors in the page, in Chromium: the same canonical package, with noble's hashes. Each is put into the
 * fields by the page's own button, so what is tested is what the fields hold and not what was meant.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openShared, readShown, type Shown } from './support/canonicalize-page.js';

interface Vector {
  readonly name: string;
  readonly header?: string;
  readonly canonical?: string;
  readonly signature?: string;
  readonly authorization?: string;
  readonly refused?: string;
}

/** About the answer's field, which no page of requests makes. */
const NOT_ABOUT_REQUESTS = ['verdict.json'];

const folder = new URL('../../canonical/vectors/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const vectors = files
  .filter((file) => !NOT_ABOUT_REQUESTS.includes(file))
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Vector[]);
const accepted = vectors.filter(({ refused }) => refused === undefined);
const refused = vectors.filter((vector) => vector.refused !== undefined);

/** By name: as a verifier reads the vector, and as a signer makes its signature anew. */
const checking = new Map<string, Shown>();
const signing = new Map<string, Shown>();
let offered: string[] = [];

beforeAll(async () => {
  const { page } = await openShared();
  offered = await page
    .locator('#vector optgroup')
    .evaluateAll((groups) => groups.map((group) => `${(group as HTMLOptGroupElement).label}.json`));
  await page.exposeFunction('keep', (mode: string, name: string, shown: Shown) => {
    (mode === 'check' ? checking : signing).set(name, shown);
  });
  await page.evaluate(`(async () => {
    const readShown = ${readShown.toString()};
    const select = document.getElementById('vector');
    for (const { value } of [...select.options].filter(({ value }) => value !== '')) {
      select.value = value;
      document.getElementById('load-vector').click();
      await keep('check', value, readShown());
      document.getElementById('mode-sign').click();
      await keep('sign', value, readShown());
    }
  })()`);
}, 120_000);

it('every file of vectors is offered but those that are not about requests', () => {
  expect([...offered, ...NOT_ABOUT_REQUESTS].sort()).toEqual(files.sort());
  expect([...checking.keys()].sort()).toEqual(vectors.map(({ name }) => name).sort());
  expect(vectors.length).toBeGreaterThan(600);
});

describe('checked as a verifier does', () => {
  it.each(accepted)('accepted: $name', ({ name, canonical, signature, authorization, header }) => {
    expect(checking.get(name)).toMatchObject({
      state: 'read',
      text: canonical,
      signature,
      fieldLine: `${header ?? 'authorization'}: ${authorization}`,
      problems: {},
      checked: '✓ the request carries this signature ✓ the body is the one that was signed',
    });
  });

  it.each(refused)('refused as $refused: $name', ({ name, refused: code }) => {
    const { state, outcome, problems, signature } = checking.get(name) ?? {};
    expect(state).toBe('refused');
    expect(outcome).toContain(`Refused as ${code}:`);
    expect(Object.values(problems ?? {}), 'said at one field').toEqual([
      expect.stringContaining(`${code}: `),
    ]);
    expect(signature).toBe('');
  });
});

describe('signed anew from the key, the time and the nonce in the fields', () => {
  it.each(accepted)('$name', ({ name, canonical, signature, authorization, header }) => {
    expect(signing.get(name)).toMatchObject({
      state: 'read',
      text: canonical,
      signature,
      fieldLine: `${header ?? 'authorization'}: ${authorization}`,
      checked: '',
    });
  });
});
