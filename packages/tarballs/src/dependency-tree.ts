/** What comes along with a package when it is installed: its third-party packages, found as Node finds them. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Manifest, ROOT } from './workspace.js';

export interface InstalledPackage {
  readonly name: string;
  readonly license: string;
}

/** All that `npm install` brings for the package in this folder, its peers and our own packages left out. */
export function thirdParty(folder: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const seen = new Set<string>();
  const visit = (directory: string): void => {
    if (seen.has(directory)) return;
    seen.add(directory);
    const manifest: Manifest & { license?: string } = JSON.parse(
      readFileSync(join(directory, 'package.json'), 'utf8'),
    );
    const isOurs = directory.startsWith(join(ROOT, 'packages'));
    if (!isOurs) found.set(directory, { name: manifest.name, license: manifest.license ?? 'none' });
    for (const name of Object.keys(manifest.dependencies ?? {})) visit(locate(name, directory));
  };
  visit(realpathSync(join(ROOT, folder)));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function locate(name: string, from: string): string {
  const candidate = join(from, 'node_modules', name);
  if (existsSync(candidate)) return realpathSync(candidate);
  if (from === dirname(from)) throw new Error(`${name} is not installed`);
  return locate(name, dirname(from));
}
