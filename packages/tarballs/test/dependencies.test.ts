/** docs/dependencies.md names every dependency of every public package, and no other. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thirdParty } from '../src/dependency-tree.js';
import { publicPackages, ROOT, read } from '../src/workspace.js';

const OURS = /^(@countersign\/|countersign$)/;
const PERMISSIVE = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause'];
const sections = new Map(
  read('docs/dependencies.md')
    .split(/^## /m)
    .map((text) => [/^`([^`]+)`: (\d+)$/m.exec(text), text] as const)
    .flatMap(([heading, text]) => (heading ? [[heading[1] ?? '', { count: Number(heading[2]), text }]] : [])),
);

it('has a section for each public package', () => {
  expect([...sections.keys()].sort()).toEqual(
    publicPackages()
      .map(({ manifest }) => manifest.name)
      .sort(),
  );
});

describe.each(publicPackages())('$manifest.name', ({ folder, manifest }) => {
  const { dependencies = {}, peerDependencies = {} } = manifest;
  const third = (names: object): string[] => Object.keys(names).filter((name) => !OURS.test(name));
  const { text, count } = sections.get(manifest.name) ?? { text: '', count: -1 };

  it('has its dependencies on the page, each with its reason', () => {
    const rows = [...text.matchAll(/^\| `([^`]+)`( \(peer[^)]*\))? \| ([^|]+) \| ([^|]+) \|$/gm)];
    const named = rows.map(([, name, peer]) => `${name}${peer ? ' (peer)' : ''}`);
    const peers = third(peerDependencies).map((name) => `${name} (peer)`);
    expect(named.sort(), 'docs/dependencies.md').toEqual([...third(dependencies), ...peers].sort());
    for (const [, , , why = '', without = ''] of rows)
      expect(Math.min(why.length, without.length)).toBeGreaterThan(10);
  });

  it('has the packages that it builds on in the page', () => {
    const line = /^Builds on ([^.\n]*)/m.exec(text)?.[1] ?? '';
    const named = [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(named).toEqual(
      Object.keys(dependencies)
        .filter((name) => OURS.test(name))
        .sort(),
    );
  });

  it('brings as many third-party packages as the page says, all of them under permissive licences', () => {
    const brought = thirdParty(folder);
    expect(brought.length, brought.map(({ name }) => name).join(', ')).toBe(count);
    for (const { name, license } of brought) expect(PERMISSIVE, name).toContain(license);
  });

  it('uses each of them', () => {
    const sources = readdirSync(join(ROOT, folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(`${folder}/src/${path}`))
      .join('\n');
    for (const name of Object.keys(dependencies))
      expect(sources, name).toMatch(new RegExp(`['"\`]${name}[/'"\`]`));
  });
});
