/**
 * The eight packages as they will be published: packed once, looked through, installed into an empty project by npm, and
 * tried there as the READMEs say.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { modulesOf } from '@countersign/site/code-blocks';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Adopter, adopt, NODE_OPTIONS, USER_OPTIONS, WEB_OPTIONS } from '../src/adopter.js';
import { contentComplaints } from '../src/contents.js';
import { packAll, type Tarball } from '../src/pack.js';
import { publicPackages, read } from '../src/workspace.js';
import { type Answered, exchange, exchangeOfReadme } from './exchange.js';

const PACKAGES = publicPackages().map(({ manifest }) => manifest.name);
const TOP_LEVEL: Record<string, readonly string[]> = {
  '@countersign/canonical': ['LICENSE', 'README.md', 'dist', 'package.json', 'src', 'vectors'],
  '@countersign/client': ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  '@countersign/console': ['LICENSE', 'README.md', 'dist', 'package.json', 'src', 'static'],
  '@countersign/express': ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  '@countersign/hono': ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  '@countersign/redis': ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  '@countersign/server': ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
  countersign: ['LICENSE', 'README.md', 'dist', 'package.json', 'src'],
};
/** The packages are ES modules only. Node's `require` loads them, but CommonJS types and Node 10 are not served. */
const ESM_ONLY = ['node10', 'node16-cjs'];

const folder = mkdtempSync(join(tmpdir(), 'countersign-tarballs-'));
const project = mkdtempSync(join(tmpdir(), 'countersign-adopter-'));
let tarballs: Map<string, Tarball>;
let adopter: Adopter;
let answered: Promise<Answered>;
/** Pages and their modules. */
const modules = new Map<string, string>();
let compiled: Promise<void>;

beforeAll(async () => {
  tarballs = new Map((await packAll(folder)).map((tarball) => [tarball.manifest.name, tarball]));
  adopter = await adopt(project, [...tarballs.values()]);
  const pages = ['README.md', ...publicPackages().map(({ folder }) => `${folder}/README.md`)];
  for (const page of pages)
    for (const [at, { text }] of modulesOf(read(page)).entries())
      modules.set(`${page.replace(/[^a-z]+/gi, '-')}-${at + 1}.ts`, text);
  compiled = adopter.compile('readmes', new Map([...modules, ...(await exchangeOfReadme())]), USER_OPTIONS);
  // It waits for ten seconds, as the README says of a first start; meanwhile the others are tested.
  answered = compiled.then(() => exchange(adopter, 'readmes'));
  answered.catch(() => {});
}, 180_000);

afterAll(async () => {
  await answered?.catch(() => {});
  rmSync(folder, { recursive: true, force: true });
  rmSync(project, { recursive: true, force: true });
});

const packed = (name: string): Tarball => tarballs.get(name) as Tarball;
const entries = (name: string): string[] =>
  Object.entries(packed(name).packed.exports)
    .filter(([, target]) => typeof target !== 'string')
    .map(([entry]) => name + entry.slice(1));

it('is these eight packages', () => {
  expect(PACKAGES.sort()).toEqual(Object.keys(TOP_LEVEL).sort());
});

describe.each(PACKAGES)('%s', (name) => {
  it('holds what is published and nothing else', () => {
    const { files } = packed(name);
    expect([...new Set([...files.keys()].map((path) => path.split('/')[0]))].sort()).toEqual(TOP_LEVEL[name]);
    expect(files.get('LICENSE')).toBe(read('LICENSE'));
    expect(contentComplaints(files)).toEqual([]);
  });

  it('says in its package.json what a registry wants to know', () => {
    const { packed: manifest, folder } = packed(name);
    expect(manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20.19' },
      homepage: expect.stringMatching(`/${folder}#readme$`),
      bugs: { url: expect.stringMatching('/issues$') },
      repository: { type: 'git', url: expect.stringMatching(/^git\+https:.*\.git$/), directory: folder },
      keywords: expect.arrayContaining(['countersign']),
      publishConfig: { access: 'public', provenance: true },
    });
    expect(JSON.stringify(manifest.dependencies ?? {})).not.toMatch(/workspace:|file:|link:/);
    for (const target of Object.values(manifest.exports))
      if (typeof target !== 'string') expect(Object.keys(target)).toEqual(['types', 'default']);
  });

  it('is clean for publint, suggestions included', async () => {
    const { bytes, packed: manifest } = packed(name);
    const { messages } = await publint({
      pack: { tarball: bytes.buffer },
      level: 'suggestion',
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, manifest) ?? message.code)).toEqual([]);
  });

  it('is clean for are-the-types-wrong, as ES modules', async () => {
    const result = await checkPackage(createPackageFromTarballData(packed(name).bytes));
    const problems = result.types ? result.problems : [];
    expect(result.types).toEqual({ kind: 'included' });
    const kept = problems.filter(
      (problem) => !('resolutionKind' in problem && ESM_ONLY.includes(problem.resolutionKind)),
    );
    expect(kept).toEqual([]);
  });

  it('is imported without any effect', async () => {
    for (const entry of entries(name)) expect(await adopter.importAlone(entry), entry).toEqual([]);
  });
});

describe('in an empty project', () => {
  it('compiles its own declarations and those it leans on, strictly, with no library check skipped', async () => {
    const all = PACKAGES.flatMap(entries);
    const importing = all.map((entry, at) => `export * as e${at} from '${entry}';`).join('\n');
    await adopter.compile('declarations', new Map([['all.ts', importing]]), NODE_OPTIONS);
    const web = ['canonical', 'client', 'server'].map(
      (name, at) => `export * as e${at} from '@countersign/${name}';`,
    );
    await adopter.compile('web', new Map([['web.ts', web.join('\n')]]), WEB_OPTIONS);
  });

  it('lets CommonJS require every entry point, package.json and the vectors', async () => {
    const files = [
      ...PACKAGES.map((name) => `${name}/package.json`),
      '@countersign/canonical/vectors/path.json',
    ];
    const requiring = [...PACKAGES.flatMap(entries), ...files].map((entry) => `require('${entry}');`);
    expect(await adopter.run('node', ['-e', requiring.join('\n')])).toEqual({ stdout: '', stderr: '' });
  });

  it('would notice a module that does something when it is imported', async () => {
    const deeds = [
      "import { existsSync, writeFileSync } from 'node:fs';",
      "import { lookup } from 'node:dns';",
      "console.log('hello');",
      'globalThis.mine = true;',
      'Array.prototype.last = function () {};',
      "process.on('SIGTERM', () => {});",
      "process.env.MINE = '1';",
      'setTimeout(() => {}, 10);',
      "writeFileSync('node_modules/mine', '');",
      "existsSync('/etc/hosts');",
      "lookup('localhost', () => {});",
    ];
    writeFileSync(join(adopter.folder, 'ill-behaved.mjs'), deeds.join('\n'));
    const noticed = await adopter.importAlone('./ill-behaved.mjs');
    for (const deed of [
      'printed hello\n',
      'changed globalThis.mine',
      'changed Array.prototype.last',
      'changed process.on(SIGTERM)',
      'changed process.env.MINE',
      'setTimeout()',
      'fs.writeFileSync(node_modules/mine)',
      'fs.existsSync(/etc/hosts)',
      'dns.lookup(localhost)',
      expect.stringMatching(/^handles: .*Timeout/),
    ])
      expect(noticed).toContainEqual(deed);
    expect(await adopter.importAlone('./not-there.mjs')).toContain('did not get to its end');
  });

  it('compiles every code block of the READMEs', async () => {
    expect(modules.size).toBeGreaterThanOrEqual(PACKAGES.length);
    await compiled;
  });

  it('runs the README: its client calls its server', async () => {
    const { status, body, statuses } = await answered;
    expect({ status, body }).toEqual({
      status: 201,
      body: { owner: 'acme', order: { sku: 'tea-7', quantity: 2 } },
    });
    // "On the very first start there is no file yet, and for ten seconds what is signed is answered store-recovering".
    expect(statuses.at(0)).toBe(503);
    expect(statuses.at(-1)).toBe(201);
  });

  it('has a command that helps, makes keys and brings the vectors along', async () => {
    const help = await adopter.run('npx', ['--no-install', 'countersign', '--help']);
    expect(help.stdout).toContain('Usage: countersign');
    const key = await adopter.run('node_modules/.bin/countersign', ['keygen']);
    expect(key.stdout).toMatch(/cs1s_[A-Za-z0-9_-]{43}/);
    const vectors = await adopter.run('node_modules/.bin/countersign', ['vectors', '--json']);
    expect(JSON.parse(vectors.stdout).length).toBeGreaterThan(500);
  });

  it('serves every file that the pages of the console ask for', async () => {
    const script = `
      import { createConsole } from '@countersign/console';
      const { app, close } = createConsole();
      const seen = new Set();
      async function get(path) {
        if (seen.has(path)) return;
        seen.add(path);
        const answer = await app.request(path);
        if (answer.status !== 200) throw new Error(path + ' ' + answer.status);
        const text = await answer.text();
        const html = text.matchAll(/(?:src|href)="([^"#:]+)"|"(\\.[^"]+\\.js)"/g);
        const code = text.matchAll(/(?:from|import) ?\\(?['"](\\.[^'"]+)['"]/g);
        const next = path.endsWith('.js') ? code : path.includes('.') ? [] : html;
        for (const [, a, b] of next) await get(new URL(a ?? b, 'http://x' + path).pathname);
      }
      await get('/');
      await get('/canonicalize');
      close();
      console.log(seen.size);`;
    const { stdout } = await adopter.run('node', ['--input-type=module', '-e', script]);
    expect(Number(stdout)).toBeGreaterThan(20);
  });
});
