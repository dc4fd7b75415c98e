/**
 * Compiles the TypeScript of all pages as one program, strictly, against the packages as they are built, with the
 * repository's own compiler.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { modulesOf } from './code-blocks.js';
import { REPOSITORY_ROOT } from './repository.js';

const ERROR = /^(.+?)\((\d+),\d+\): error (TS\d+: .*)$/;

/** What was compiled, and what is wrong with it as `page:line: TS…`. */
export interface CompiledBlocks {
  readonly pages: number;
  readonly modules: number;
  readonly errors: readonly string[];
}

/**
 * @param pages Markdown files, from the root of the repository
 * @param read gives the text of one; default: the file's
 */
export function compileBlocks(
  pages: readonly string[],
  read: (page: string) => string = readPage,
): CompiledBlocks {
  const folders = new Set<string>();
  const origin = new Map<string, { page: string; lines: readonly number[] }>();
  for (const page of pages) {
    const folder = blocksFolder(page);
    for (const [at, { text, lines }] of modulesOf(read(page)).entries()) {
      if (!folders.has(folder)) rmSync(folder, { recursive: true, force: true });
      folders.add(folder);
      mkdirSync(folder, { recursive: true });
      const file = `${folder}/${page.replaceAll('/', '_').replace(/\.md$/, '')}-${at + 1}.ts`;
      writeFileSync(file, text);
      origin.set(file, { page, lines });
    }
  }
  const config = `${REPOSITORY_ROOT}/packages/site/dist/tsconfig.blocks.json`;
  writeFileSync(
    config,
    JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: LOOSER,
      files: [...origin.keys()],
    }),
  );
  const { stdout, status, error } = spawnSync(
    process.execPath,
    [`${REPOSITORY_ROOT}/node_modules/typescript/bin/tsc`, '-p', config, '--pretty', 'false'],
    { encoding: 'utf8', cwd: REPOSITORY_ROOT },
  );
  if (error !== undefined) throw error;
  const errors = stdout
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map((line) => {
      const [, path = '', number = '', message = ''] = ERROR.exec(line) ?? [];
      const found = origin.get(posix.resolve(REPOSITORY_ROOT, path));
      return found === undefined ? line : `${found.page}:${found.lines[Number(number) - 1] ?? 0}: ${message}`;
    });
  if (status !== 0 && errors.length === 0) errors.push(stdout);
  return { pages: new Set([...origin.values()].map(({ page }) => page)).size, modules: origin.size, errors };
}

/** A page shows names that it does not use; nothing is written. */
const LOOSER = {
  rootDir: REPOSITORY_ROOT,
  composite: false,
  noEmit: true,
  declaration: false,
  declarationMap: false,
  isolatedDeclarations: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
  noPropertyAccessFromIndexSignature: false,
};

/** Inside of the room whose dependencies the page may import: an example's own, else those of this package. */
function blocksFolder(page: string): string {
  const [example] = /^examples\/[^/]+(?=\/)/.exec(page) ?? [];
  const room =
    example !== undefined && existsSync(`${REPOSITORY_ROOT}/${example}/package.json`)
      ? example
      : 'packages/site';
  return `${REPOSITORY_ROOT}/${room}/dist/blocks`;
}

function readPage(page: string): string {
  return readFileSync(`${REPOSITORY_ROOT}/${page}`, 'utf8');
}
