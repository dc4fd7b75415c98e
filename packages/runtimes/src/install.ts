/** Runtimes from the npm registry, each in a folder of its own, kept between runs. No script of a package runs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Exact versions by package. */
export type Packages = Readonly<Record<string, string>>;

/** Installs what is not there yet into a folder of the cache, and says so. */
export function install(cache: string, name: string, packages: Packages, say: (text: string) => void): void {
  const folder = join(cache, name);
  if (isInstalled(folder, packages)) return;
  const specs = Object.entries(packages).map(([pack, version]) => `${pack}@${version}`);
  say(`${name}: installing ${specs.join(' and ')} with npm`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm install of ${specs.join(' and ')} failed: ${error ?? status}`);
  say(`${name}: ${Math.round(bytesIn(folder) / 1e6)} MB in ${folder}`);
}

function isInstalled(folder: string, packages: Packages): boolean {
  return Object.entries(packages).every(([pack, version]) => {
    try {
      const text = readFileSync(join(folder, 'node_modules', pack, 'package.json'), 'utf8');
      return JSON.parse(text).version === version;
    } catch {
      return false;
    }
  });
}

/** The first of these files that is in a package of the scope: the packages differ by platform. */
export function findInScope(folder: string, scope: string, files: readonly string[]): string {
  const packages = readdirSync(join(folder, 'node_modules', scope));
  const candidates = packages.flatMap((pack) =>
    files.map((file) => join(folder, 'node_modules', scope, pack, file)),
  );
  const found = candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (found === undefined) throw new Error(`none of ${files.join(', ')} is in ${scope} of ${folder}`);
  return found;
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
