/** The built site, as a reader meets it: in Chromium, by keyboard, on a narrow screen, in the dark. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checkBuiltLinks } from '../../dist/built-links.js';
import { serve } from '../../dist/serve.js';
import { SITE_FOLDER } from '../../dist/site-config.js';
import { faintTexts } from './contrast.js';

const PAGES = [
  '',
  'guide/hono.html',
  'guide/budgets.html',
  'guide/operations.html',
  'spec.html',
  'errors.html',
];
const MORE = ['packages/cli.html', 'api/server.html', 'benchmarks.html', 'threat-model.html', 'decisions/'];

let url: string;
let server: Server;
let browser: Browser;
beforeAll(async () => {
  ({ url, server } = await serve(SITE_FOLDER, 0));
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    folders.map((at) => join(at, name)),
  );
  const executablePath = paths.find((path) => existsSync(path)) ?? '';
  // Chromium's sandbox does not start for root. The pages are our own.
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

async function open(
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; hosts: Set<string>; errors: string[] }> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const hosts = new Set<string>();
  const errors: string[] = [];
  context.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(url + path);
  await page.waitForLoadState('networkidle');
  return { page, hosts, errors };
}

describe('the built site', () => {
  it('has no dead link, and loads nothing from another host by itself', () => {
    const { pages, links, dead, loadedElsewhere } = checkBuiltLinks(SITE_FOLDER);
    expect({ dead, loadedElsewhere }).toEqual({ dead: [], loadedElsewhere: [] });
    expect(pages).toBeGreaterThan(40);
    expect(links).toBeGreaterThan(4000);
  });

  it.each(['/', 'Control+k'])(
    'is searched by keyboard: %s opens, words find, arrows and Enter lead there',
    async (key) => {
      const { page, hosts, errors } = await open('guide/hono.html');
      await page.keyboard.press(key);
      const input = page.locator('#localsearch-input');
      await input.waitFor();
      await page.keyboard.type('horizon');
      await page.locator('#localsearch-list [role=option]').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.waitForURL((to) => !to.pathname.endsWith('/guide/hono.html'));
      await page
        .locator('.vp-doc')
        .filter({ hasText: /horizon/i })
        .waitFor();
      expect([...hosts]).toEqual([new URL(url).host]);
      expect(errors).toEqual([]);
    },
  );

  it('puts what explains a word before the reference that lists it', async () => {
    const { page } = await open('');
    await page.keyboard.press('/');
    await page.locator('#localsearch-input').waitFor();
    await page.keyboard.type('budget');
    const first = page.locator('#localsearch-list [role=option] a').first();
    await first.waitFor();
    expect(await first.getAttribute('href')).not.toContain('/api/');
  });

  it.each([...PAGES, ...MORE])('fits a screen of 320 px: /%s', async (path) => {
    const { page, errors } = await open(path, { viewport: { width: 320, height: 640 } });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(320);
    // Code and tables scroll in themselves, and nothing else is cut off.
    const cut = await page.evaluate(() => {
      const scrolls = (element: Element | null): boolean =>
        element !== null &&
        (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
      return [...document.querySelectorAll('.vp-doc :is(p, li, h1, h2, h3, img)')]
        .filter((element) => element.getBoundingClientRect().right > 321 && !scrolls(element))
        .map((element) => element.textContent?.slice(0, 60));
    });
    expect(cut).toEqual([]);
    expect(errors).toEqual([]);
  });

  it.each([960, 1280, 1440, 1920])('cuts nothing off beside the text of a screen of %d px', async (width) => {
    const { page } = await open('guide/budgets.html', { viewport: { width, height: 900 } });
    const cut = await page.evaluate(() => {
      const limit = document.querySelector('.VPSidebar')?.getBoundingClientRect().right ?? 0;
      return [...document.querySelectorAll('.VPSidebar .text')]
        .filter((label) => label.getBoundingClientRect().right > limit)
        .map((label) => label.textContent);
    });
    expect(cut).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each([...PAGES, 'api/client.html', 'packages/cli.html'])(
      'every text has contrast: /%s',
      async (path) => {
        const { page } = await open(path, { colorScheme });
        expect(await page.evaluate(() => document.documentElement.classList.contains('dark'))).toBe(
          colorScheme === 'dark',
        );
        expect(await page.evaluate(faintTexts)).toEqual([]);
      },
    );
  });

  it('is measured by something that sees faint text', async () => {
    const { page } = await open('errors.html');
    await page.addStyleTag({ content: '.vp-doc p { color: rgb(0 0 0 / 30%) !important }' });
    expect((await page.evaluate(faintTexts)).length).toBeGreaterThan(3);
  });

  it('tells a stranger who mistypes where he is', async () => {
    const response = await fetch(`${url}no-such-page`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('<html');
    expect((await fetch(`${url}..%2f..%2fmain.js`)).status).toBe(404);
  });
});
