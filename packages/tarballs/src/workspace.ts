/** The packages of this workspace that will be published, and what their package.json says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

export interface PublicPackage {
  /** Its folder, from the root: `packages/client`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** @param pnpm the version, from the root's `packageManager` */
export function pnpmVersion(): string {
  const { packageManager }: { packageManager: string } = JSON.parse(read('package.json'));
  return packageManager.replace('pnpm@', '');
}

/** All that is in `packages` and not private. */
export function publicPackages(): PublicPackage[] {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => `packages/${name}`)
    .map((folder) => ({ folder, manifest: JSON.parse(read(`${folder}/package.json`)) as Manifest }))
    .filter(({ manifest }) => manifest.private !== true);
}

/** A file of the repository as text, by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
