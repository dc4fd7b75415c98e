/** Links of the files themselves, for whoever reads them where they lie; and what the site makes of them. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkedPages } from '../dist/checked-pages.js';
import { siteLink, slug, targetOf } from '../dist/links.js';
import { anchorsOf } from '../dist/markdown.js';
import { markdownFiles, pageOf, sidebar } from '../dist/pages.js';
import { REPOSITORY_ROOT, REPOSITORY_URL } from '../dist/repository.js';
import { deadLinks } from '../dist/source-links.js';

describe('links in the files', () => {
  it('lead to what is there, anchors included', () => {
    expect(deadLinks(checkedPages())).toEqual([]);
  });

  it('are found dead when they are: a file, an anchor, an image', () => {
    const text =
      '[a](nowhere.md) [b](../spec.md#no-such) ![c](none.svg) [d](../spec.md#1-terms) [e](https://x.example)';
    expect(deadLinks(['docs/guide/hono.md'], () => text)).toEqual([
      'docs/guide/hono.md:1: nowhere.md',
      'docs/guide/hono.md:1: ../spec.md#no-such',
      'docs/guide/hono.md:1: none.svg',
    ]);
  });

  it('have the anchors that GitHub gives', () => {
    expect(slug('2.2.6 Signed header fields')).toBe('226-signed-header-fields');
    expect(slug('`createConsole(options?)`')).toBe('createconsoleoptions');
    expect(anchorsOf('# A b\n\n## A b\n\n### `x` & y\n')).toEqual(new Set(['a-b', 'a-b-1', 'x--y']));
  });
});

describe('links on the site', () => {
  it('lead to the page of a file, and to the repository where it is none', () => {
    expect(siteLink('README.md', 'docs/spec.md#1-terms')).toBe('/spec#1-terms');
    expect(siteLink('docs/errors.md', '../packages/client/README.md')).toBe('/packages/client');
    expect(siteLink('packages/hono/README.md', '../server')).toBe('/packages/server');
    expect(siteLink('docs/guide/hono.md', '../index.md')).toBe('/');
    expect(siteLink('docs/spec.md', '../LICENSE')).toBe(`${REPOSITORY_URL}/blob/main/LICENSE`);
    expect(siteLink('docs/spec.md', '../scripts')).toBe(`${REPOSITORY_URL}/tree/main/scripts`);
    expect(siteLink('docs/spec.md', '#1-terms')).toBe('#1-terms');
    expect(siteLink('docs/spec.md', 'https://x.example/a')).toBe('https://x.example/a');
    expect(targetOf('docs/spec.md', 'mailto:a@example.com')).toBeUndefined();
  });
});

describe('the sidebar', () => {
  it('has every page once, in no group that is empty, under its first heading', () => {
    const items = sidebar().flatMap((group) => group.items);
    const pages = markdownFiles().filter((file) => pageOf(file) !== undefined && file !== 'docs/index.md');
    expect(items.map(({ link }) => link).toSorted()).toEqual(
      [...new Set(items.map(({ link }) => link))].toSorted(),
    );
    expect(items).toHaveLength(pages.length);
    expect(items).toContainEqual({ text: 'Getting started with Hono', link: '/guide/hono' });
  });

  it('takes in a record, an example and a page that come later', () => {
    const later = [
      'docs/decisions/0001-a-scheme-beside-rfc-9421.md',
      'examples/demo/README.md',
      'docs/storage.md',
    ];
    expect(later.every((file) => existsSync(`${REPOSITORY_ROOT}/${file}`))).toBe(true);
    expect(sidebar(later).map(({ text }) => text)).toEqual(['Operations', 'Examples', 'Decisions']);
  });
});
