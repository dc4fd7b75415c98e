/**
 * An empty project outside the workspace that installs the tarballs by npm, as an adopter would, with what its code
 * needs besides. Third-party packages come from the registry, or from npm's cache where it has them.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Tarball } from './pack.js';
import { type Printed, run } from './run.js';
import { publicPackages, ROOT } from './workspace.js';

/** What the README's blocks import besides, at the versions that the packages are tested with. */
const BESIDES = [
  '@hono/node-server',
  '@types/cors',
  '@types/express',
  '@types/ws',
  'cors',
  'express',
  'hono',
  'ioredis',
  'undici',
  'ws',
];
const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  target: 'es2023',
};
/** With Node's types, and with nothing but the web's; declarations of libraries are checked too. */
export const NODE_OPTIONS: Record<string, unknown> = {
  ...OPTIONS,
  module: 'nodenext',
  lib: ['es2023'],
  types: ['node'],
};
export const WEB_OPTIONS: Record<string, unknown> = {
  ...OPTIONS,
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
  types: [],
};

/** For code that uses the packages: the types of hono's WebSockets are the browser's, and do not check on Node. */
export const USER_OPTIONS: Record<string, unknown> = { ...NODE_OPTIONS, skipLibCheck: true };

export interface Adopter {
  readonly folder: string;
  /** Runs a command in the project. */
  run(file: string, args: readonly string[], env?: Record<string, string>): Promise<Printed>;
  /** Writes the sources into `name`/ and compiles them to JavaScript beside them; throws what tsc complains about. */
  compile(name: string, sources: ReadonlyMap<string, string>, options: object): Promise<void>;
  /** Imports the entry point in a process of its own and tells all that it did; empty, as it should be. */
  importAlone(specifier: string): Promise<string[]>;
}

/** Makes the project in the (empty) folder. */
export async function adopt(folder: string, tarballs: readonly Tarball[]): Promise<Adopter> {
  const project = realpathSync(folder);
  writeFileSync(join(project, 'package.json'), '{ "name": "adopter", "private": true, "type": "module" }\n');
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  const besides = BESIDES.map((name) => `${name}@${testedVersion(name)}`);
  const files = tarballs.map(({ file }) => file);
  await run('npm', [...install, ...files, ...besides, '@types/node@20'], { cwd: project });
  copyFileSync(
    fileURLToPath(new URL('../dist/watch-import.js', import.meta.url)),
    join(project, 'watch.mjs'),
  );

  return {
    folder: project,
    run: (file, args, env = {}) => run(file, args, { cwd: project, env }),
    compile: async (name, sources, compilerOptions) => {
      mkdirSync(join(project, name));
      for (const [file, code] of sources) writeFileSync(join(project, name, file), code);
      writeFileSync(
        join(project, name, 'tsconfig.json'),
        JSON.stringify({ compilerOptions, include: ['.'] }),
      );
      await run('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', name], { cwd: project });
    },
    importAlone: (specifier) => importAlone(project, specifier),
  };
}

async function importAlone(cwd: string, specifier: string): Promise<string[]> {
  const child = spawn('node', ['watch.mjs', specifier], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const [, ...streams] = child.stdio;
  const [stdout, stderr, report] = await Promise.all(
    streams.map(async (stream) => (stream ? String(await buffer(stream as NodeJS.ReadableStream)) : '')),
  );
  const status = await ended;
  const said = [stdout, stderr].filter((text) => text !== '').map((text) => `printed ${text}`);
  return [
    ...said,
    ...(status === 0 ? [] : [`ended with ${status}`]),
    ...(report ? JSON.parse(report) : ['did not get to its end']),
  ];
}

function testedVersion(name: string): string {
  const versions = publicPackages().map(({ manifest }) => manifest.devDependencies?.[name]);
  const version = versions.find((found) => found !== undefined);
  if (version === undefined) throw new Error(`no public package is tested with ${name}`);
  return version;
}
