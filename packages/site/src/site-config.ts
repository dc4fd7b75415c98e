/**
 * The configuration of VitePress. Its source folder is the repository itself, and `rewrites` gives each Markdown file the
 * address of its page: so every page is a plain file that reads well where it lies, and nothing is copied.
 */
import { posix } from 'node:path';
import type { MarkdownRenderer, Plugin, UserConfig } from 'vitepress';
import { siteLink, slug } from './links.js';
import { addressOf, markdownFiles, pageOf, sidebar } from './pages.js';
import { REPOSITORY_ROOT, REPOSITORY_URL } from './repository.js';

/** Where the site is built, beside what `tsc` writes. */
export const SITE_FOLDER: string = `${REPOSITORY_ROOT}/packages/site/dist/site`;

/** A tick over a line: signed, and counted. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#2a63cc" stroke-width="2.4"><path d="m3 7 3.4 3.4L13 3M3 14h10"/></svg>';

const files = markdownFiles();
const pages = new Map(
  files.flatMap((file) => {
    const page = pageOf(file);
    return page === undefined ? [] : [[file, page] as const];
  }),
);
const sources = new Map([...pages].map(([file, page]) => [page, file]));

/** Pages lie outside of this package, and would not find what renders them. */
const vueOfThisPackage: Plugin = {
  name: 'vue-of-this-package',
  enforce: 'pre',
  resolveId(source, importer, options) {
    if (!importer?.endsWith('.md') || !/^vue(\/|$)/.test(source)) return null;
    return this.resolve(source, `${REPOSITORY_ROOT}/packages/site/package.json`, {
      ...options,
      skipSelf: true,
    });
  },
};

export const siteConfig: UserConfig = {
  title: 'Countersign',
  description: 'HMAC request signing whose signature also counts: who sent it, once, within budget',
  lang: 'en',
  srcDir: REPOSITORY_ROOT,
  srcExclude: files.filter((file) => !pages.has(file)),
  rewrites: Object.fromEntries(pages),
  outDir: SITE_FOLDER,
  cacheDir: `${REPOSITORY_ROOT}/node_modules/.cache/vitepress`,
  metaChunk: true,
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  markdown: {
    anchor: { slugify: slug },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { abnf: 'ini' },
    config: rewriteLinks,
  },
  vite: {
    plugins: [vueOfThisPackage],
    build: { chunkSizeWarningLimit: 2000 },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: address('docs/guide/hono.md') },
      { text: 'Specification', link: address('docs/spec.md') },
      { text: 'API', link: address('docs/api/index.md') },
      { text: 'Threat model', link: address('docs/threat-model.md') },
    ],
    sidebar: sidebar(files).map((group) => ({ ...group, items: [...group.items] })),
    outline: [2, 3],
    search: { provider: 'local', options: { miniSearch: { searchOptions: { boostDocument } } } },
    socialLinks: [{ icon: 'github', link: REPOSITORY_URL }],
    docFooter: { prev: 'Before', next: 'Next' },
  },
};

/** The API lists every name there is; what explains a word comes first. */
function boostDocument(page: string): number {
  return page.includes('/api/') ? 0.3 : 1;
}

function address(file: string): string {
  return addressOf(file) ?? '/';
}

/** Links are written for the files; VitePress is given those of the pages, before it looks at them. */
function rewriteLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('site-links', ({ tokens, env }) => {
    const given = posix.relative(REPOSITORY_ROOT, String(env.realPath ?? env.path ?? ''));
    const file = pages.has(given) ? given : sources.get(given);
    if (file === undefined) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null) token.attrSet('href', siteLink(file, href));
    }
  });
}
