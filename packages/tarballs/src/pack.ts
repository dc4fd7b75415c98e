/**
 * Packs the public packages as a release does: by pnpm, which writes versions in the place of `workspace:`. Nothing is
 * published.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createPackageFromTarballData } from '@arethetypeswrong/core';
import { run } from './run.js';
import { type Manifest, type PublicPackage, pnpmVersion, publicPackages, ROOT } from './workspace.js';

export interface Tarball extends PublicPackage {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As it was packed. */
  readonly packed: Manifest;
  /** Path in the package to the file's text, in order of paths. */
  readonly files: ReadonlyMap<string, string>;
}

/** Packs all of them into the folder, as they are compiled: run `tsc -b` first. */
export async function packAll(destination: string): Promise<Tarball[]> {
  const packages = publicPackages();
  for (const { folder } of packages) sweep(join(ROOT, folder));
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name]);
  const pnpm = ['--yes', `pnpm@${pnpmVersion()}`, '--recursive', ...filters];
  await run('npx', [...pnpm, 'pack', '--pack-destination', destination], { cwd: ROOT });
  return packages.map(({ folder, manifest }) => {
    const name = manifest.name.replace('@', '').replace('/', '-');
    const file = join(destination, `${name}-${manifest.version}.tgz`);
    const bytes = new Uint8Array(readFileSync(file));
    const files = filesOf(bytes, manifest.name);
    return { folder, manifest, file, bytes, files, packed: JSON.parse(files.get('package.json') ?? '') };
  });
}

/** Takes away what sources that are gone have left in `dist`; a release compiles in a fresh clone. */
function sweep(folder: string): void {
  for (const path of readdirSync(join(folder, 'dist'), { recursive: true }) as string[]) {
    const module = /^(.*?)\.(?:js|d\.ts)(?:\.map)?$/.exec(path)?.[1];
    if (module !== undefined && !existsSync(join(folder, 'src', `${module}.ts`)))
      rmSync(join(folder, 'dist', path));
  }
}

function filesOf(bytes: Uint8Array, name: string): Map<string, string> {
  const content = createPackageFromTarballData(bytes);
  const prefix = `/node_modules/${name}/`;
  const paths = content.listFiles().sort();
  return new Map(paths.map((path) => [path.slice(prefix.length), content.readFile(path)]));
}
