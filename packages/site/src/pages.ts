/**
 * The pages of the site: which Markdown files of the repository are one, under which address, and where in the sidebar.
 * A file that comes later finds its place by its folder. It reads no text but the first heading.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { REPOSITORY_ROOT } from './repository.js';

/** A part of the sidebar: the pages named, in this order, then those of its folders by name. */
interface Part {
  readonly title: string;
  readonly files: readonly string[];
  readonly folders?: readonly string[];
  readonly collapsed?: boolean;
}

/** The sidebar of a part, as VitePress takes it. */
export interface SidebarGroup {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

const guide = (...names: string[]): string[] => names.map((name) => `docs/guide/${name}.md`);
const docs = (...names: string[]): string[] => names.map((name) => `docs/${name}.md`);
const packages = (...names: string[]): string[] => names.map((name) => `packages/${name}/README.md`);

const PARTS: readonly Part[] = [
  {
    title: 'Guide',
    files: guide('hono', 'express', 'fetch', 'client', 'keys', 'budgets', 'proxies'),
    folders: ['docs/guide'],
  },
  {
    title: 'Operations',
    files: [...guide('operations'), ...docs('storage', 'scale', 'benchmarks', 'runtimes')],
  },
  {
    title: 'Moving here, and away',
    files: guide('from-hawk', 'from-sigv4', 'from-signer-and-limiter', 'leaving'),
  },
  {
    title: 'Reference',
    files: [...docs('spec', 'errors'), ...packages('cli', 'canonical/vectors'), ...docs('api/index')],
  },
  {
    title: 'Packages',
    files: packages('client', 'server', 'hono', 'express', 'redis', 'console', 'canonical'),
  },
  { title: 'API, module by module', files: [], folders: ['docs/api'], collapsed: true },
  { title: 'Examples', files: [], folders: ['examples'], collapsed: true },
  {
    title: 'Trust',
    files: [
      ...docs('threat-model', 'mutation', 'fuzzing', 'timing', 'dependencies', 'releasing'),
      'SECURITY.md',
    ],
  },
  { title: 'Decisions', files: docs('decisions/index'), folders: ['docs/decisions'], collapsed: true },
  {
    title: 'The project',
    files: [...docs('architecture'), 'CONTRIBUTING.md', 'CHANGELOG.md'],
    folders: ['docs'],
  },
];
/** What the sidebar says where a first heading, alone, would not say it. */
const LABELS: Readonly<Record<string, string>> = {
  'docs/spec.md': 'Specification',
  'packages/cli/README.md': 'Command line',
  'packages/canonical/vectors/README.md': 'Test vectors',
};
const HOME = 'docs/index.md';
/** What VitePress ignores of itself, and copies of other people's files. */
const NOT_OURS = /(^|\/)(node_modules|dist|\.[^/]*)(\/|$)/;

/** All Markdown files of the repository, as paths from its root. */
export function markdownFiles(folder = ''): string[] {
  return readdirSync(`${REPOSITORY_ROOT}/${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (NOT_OURS.test(path)) return [];
    if (entry.isDirectory()) return markdownFiles(`${path}/`);
    return path.endsWith('.md') ? [path] : [];
  });
}

/** The page that a Markdown file becomes, as a path without a slash first; `undefined`: none. */
export function pageOf(file: string): string | undefined {
  const [, name] = /^packages\/(.*)\/README\.md$/.exec(file) ?? [];
  if (name !== undefined)
    return PARTS.some(({ files }) => files.includes(file)) ? `packages/${name}.md` : undefined;
  if (/^examples\/[^/]+\/README\.md$/.test(file)) return file.replace('/README.md', '.md');
  if (file.startsWith('docs/')) return file.slice('docs/'.length);
  return PARTS.some(({ files }) => files.includes(file)) ? file.toLowerCase() : undefined;
}

/** The address of a file's page on the site: with a slash first, without `.md`. */
export function addressOf(file: string): string | undefined {
  return pageOf(file)
    ?.replace(/(^|\/)index\.md$/, '$1')
    .replace(/\.md$/, '')
    .replace(/^/, '/');
}

/** The sidebar, of what exists. Each page stands in it once, where it is named first. */
export function sidebar(files: readonly string[] = markdownFiles()): SidebarGroup[] {
  const placed = new Set([HOME, ...PARTS.flatMap((part) => part.files)]);
  const groups = PARTS.map(({ title, files: named, folders = [], collapsed }) => {
    const found = files.filter(
      (file) => !placed.has(file) && folders.includes(folderOf(file)) && pageOf(file) !== undefined,
    );
    for (const file of found) placed.add(file);
    const items = [...named.filter((file) => files.includes(file)), ...found.toSorted()].map((file) => ({
      text: LABELS[file] ?? titleOf(file),
      link: addressOf(file) ?? '',
    }));
    return { text: title, items, ...(collapsed === undefined ? {} : { collapsed }) };
  });
  return groups.filter(({ items }) => items.length > 0);
}

/** Of an example its folder is what counts: each has one README. */
function folderOf(file: string): string {
  const folder = file.slice(0, Math.max(0, file.lastIndexOf('/')));
  return folder.startsWith('examples/') ? 'examples' : folder;
}

/** The first heading, without markup. */
export function titleOf(file: string): string {
  const text = readFileSync(`${REPOSITORY_ROOT}/${file}`, 'utf8');
  return (/^# (.+)$/m.exec(text)?.[1] ?? file).replace(/`/g, '').replace(/\\/g, '');
}
