/** What a release rests on that nothing else would notice: the changesets' group, the workflows' pins and rights. */
import { expect, it } from 'vitest';
import { publicPackages, read } from '../src/workspace.js';

const NAMES = publicPackages()
  .map(({ manifest }) => manifest.name)
  .sort();
const release = read('.github/workflows/release.yml');
const ci = read('.github/workflows/ci.yml');

it('gives all public packages one version, and changesets keep it so', () => {
  expect(new Set(publicPackages().map(({ manifest }) => manifest.version)).size).toBe(1);
  const { fixed, privatePackages }: { fixed: string[][]; privatePackages: unknown } = JSON.parse(
    read('.changeset/config.json'),
  );
  expect(fixed.map((group) => group.toSorted())).toEqual([NAMES]);
  expect(privatePackages).toEqual({ version: false, tag: false });
});

it('lets the packages take each other by caret, so that none is there twice', () => {
  for (const { manifest } of publicPackages())
    for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
      if (NAMES.includes(name)) expect(range, `${manifest.name}: ${name}`).toBe('workspace:^');
      else expect(range, `${manifest.name}: ${name}`).toMatch(/^\d+\.\d+\.\d+$/);
});

it('pins every action of the workflows to a commit', () => {
  const uses = [...(ci + release).matchAll(/uses: (.*)/g)].map(([, action]) => action);
  expect(uses.length).toBeGreaterThan(5);
  for (const action of uses) expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it('stores no token, and lets one job publish that runs nothing of the repository', () => {
  expect(ci + release).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|pull_request_target/);
  expect((ci + release).match(/id-token: write/g)).toHaveLength(1);
  const publish = /^ {2}publish:\n([\s\S]*?)(?=^ {2}\w+:)/m.exec(release)?.[1] ?? '';
  expect(publish).toContain('id-token: write');
  expect(publish).toContain('environment: npm');
  expect(publish).not.toMatch(/checkout|npx|npm (install|ci|test|run)|node scripts/);
});

it('packs and publishes every public package, each after those that it builds on', () => {
  for (const name of NAMES) expect(release).toMatch(new RegExp(`--filter '?${name}'?[ \\n]`));
  const order = [...(/for name in ([a-z ]+); do\n\s+publish "@/.exec(release)?.[1] ?? '').split(' ')].map(
    (name) => `@countersign/${name}`,
  );
  expect([...order, 'countersign'].sort()).toEqual(NAMES);
  for (const { manifest } of publicPackages())
    for (const name of Object.keys(manifest.dependencies ?? {}).filter((other) => NAMES.includes(other)))
      if (manifest.name !== 'countersign')
        expect(order.indexOf(name)).toBeLessThan(order.indexOf(manifest.name));
});
