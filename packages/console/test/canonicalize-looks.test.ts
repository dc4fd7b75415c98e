/**
 * The Canonicalize page on a narrow screen, in the dark, by keyboard alone. The picture in docs is taken here when
 * COUNTERSIGN_SCREENSHOTS is set; otherwise it is taken and thrown away.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { markedIn, openCanonicalize, shown } from './support/canonicalize-page.js';

const MAX_PICTURE_BYTES = 200_000;

it.each([320, 375, 768, 1280])('nothing is wider than a screen of %i pixels', async (width) => {
  const { page } = await openCanonicalize({ viewport: { width, height: 700 } });
  await page.click('#paste-box > summary');
  await page.click('#options > summary');
  await page.selectOption('#audienceKind', 'list');
  await page.fill('#audience', 'a.example');
  await page.fill('#target', `https://a.example/${'long'.repeat(60)}?${'q=1&'.repeat(60)}`);
  await page.fill('#other', `CS1-HMAC-SHA256\nPOST\n${'a'.repeat(300)}`);
  await page.selectOption('#vector', { index: 40 });
  expect(await overflowing(page)).toEqual([]);
  await page.click('#load-vector');
  expect(await overflowing(page)).toEqual([]);
});

it('the colours of the dark are others, and text stands out in both', async () => {
  const papers: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openCanonicalize({ colorScheme, reducedMotion: 'reduce' });
    await page.fill('#scope', 'a b');
    await page.locator('#lines .line').nth(3).hover();
    papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    expect(await faint(page), colorScheme).toEqual([]);
    await page.fill('#scope', 'orders:read');
    await page.fill('#other', `${(await shown(page)).text}x`);
    expect(await faint(page), colorScheme).toEqual([]);
  }
  expect(new Set(papers).size).toBe(2);
});

it('everything is reached by Tab, in order, with a focus that can be seen and a name', async () => {
  const { page } = await openCanonicalize();
  await page.click('h1');
  const reached: string[] = [];
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return undefined;
      const ring = element.closest('.marked') ?? element;
      const { outlineStyle, outlineWidth } = getComputedStyle(ring);
      const labels = 'labels' in element ? [...(element.labels as NodeListOf<HTMLElement>)] : [];
      const name =
        element.getAttribute('aria-label') ??
        [...labels, element].map(({ textContent }) => textContent).join('');
      return {
        id: element.id || element.className || element.tagName,
        ring: `${outlineStyle} ${outlineWidth}`,
        name: name.trim(),
      };
    });
    if (at === undefined) break;
    expect(at.ring, at.id).toBe('solid 2px');
    expect(at.name, at.id).not.toBe('');
    reached.push(at.id);
  }
  const every = await page
    .locator('main :is(button, input, textarea, select, summary):visible')
    .evaluateAll((all) =>
      all
        .filter((each) => !(each instanceof HTMLInputElement && each.type === 'radio' && !each.checked))
        .map((each) => each.id || each.className || each.tagName),
    );
  expect(reached.filter((id) => !['line', 'brand', 'skip', 'A'].includes(id))).toEqual(every);
  expect(
    reached.filter((id) => id === 'line'),
    'the list is one stop',
  ).toHaveLength(1);
});

it('by keyboard alone: write a request, walk through its lines and their pieces, compare', async () => {
  const { page } = await openCanonicalize();
  const { keyboard } = page;
  const tabTo = async (id: string): Promise<void> => {
    for (let presses = 0; presses < 80; presses++) {
      if (await page.evaluate((wanted) => document.activeElement?.id === wanted, id)) return;
      await keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${id}`);
  };
  await tabTo('clear');
  await keyboard.press('Enter');
  await tabTo('target');
  await keyboard.type('https://a.example/x?b=2&a=1');
  await keyboard.press('Enter');
  await tabTo('keyId');
  await keyboard.type('key');
  expect(await shown(page)).toMatchObject({ state: 'read' });
  for (let presses = 0; presses < 30; presses++) {
    await keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.className.includes('line'))) break;
  }
  const at = (): Promise<string | undefined> =>
    page.evaluate(() =>
      document.activeElement instanceof HTMLElement ? document.activeElement.dataset['part'] : undefined,
    );
  expect(await at()).toBe('scheme');
  for (const part of ['method', 'audience', 'path', 'query']) {
    await keyboard.press('ArrowDown');
    expect(await at()).toBe(part);
  }
  expect(await markedIn(page)).toEqual({ target: 'b=2&a=1' });
  await keyboard.press('ArrowRight');
  expect(await markedIn(page)).toEqual({ target: 'a=1' });
  await keyboard.press('ArrowRight');
  await keyboard.press('ArrowRight');
  expect(await markedIn(page)).toEqual({ target: 'b=2' });
  await keyboard.press('ArrowLeft');
  await keyboard.press('ArrowLeft');
  expect(await markedIn(page)).toEqual({ target: 'b=2&a=1' });
  await keyboard.press('End');
  expect(await at()).toBe('scope');
  await keyboard.press('ArrowDown');
  expect(await at()).toBe('scope');
  await keyboard.press('Home');
  expect(await at()).toBe('scheme');
  expect(await page.locator('#lines [aria-selected="true"]').count()).toBe(1);
  await tabTo('other');
  await keyboard.insertText((await shown(page)).text.replace('GET', 'HEAD'));
  expect(await page.textContent('#difference')).toContain(
    'Line 2, method: the method was changed on the way',
  );
  await keyboard.press('Tab');
  await keyboard.press('ArrowRight');
  expect(await page.isChecked('#other-client')).toBe(true);
});

it('the picture for the documentation', async () => {
  const { page } = await openCanonicalize({
    viewport: { width: 1120, height: 1000 },
    reducedMotion: 'reduce',
  });
  await page.fill('#timestamp', '1763750000000');
  await page.fill('#nonce', '7c9e6679-7425-40de-944b-e07fc1f90ae7');
  const { text } = await shown(page);
  await page.fill('#scope', 'orders:write:eu');
  await page.fill('#other', text.replace('/v1/orders', '/orders'));
  await page.evaluate(() => scrollTo(0, 0));
  await page.locator('#lines [data-part="query"] .piece').nth(1).hover();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-picture-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const wanted = process.env['COUNTERSIGN_SCREENSHOTS'] !== undefined;
  const docs = fileURLToPath(new URL('../../../docs/console-canonicalize.png', import.meta.url));
  const path = wanted ? docs : join(folder, 'picture.png');
  await page.screenshot({ path });
  expect(statSync(docs).size).toBeLessThanOrEqual(MAX_PICTURE_BYTES);
});

/** What reaches over the right edge of the screen, or has to be scrolled sideways. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const wide = document.documentElement.scrollWidth > width ? ['the page'] : [];
    const found = [...document.querySelectorAll<HTMLElement>('main *')].filter((element) => {
      const { right, width: own } = element.getBoundingClientRect();
      return own > 1 && right > width + 0.5 && element.tagName !== 'OPTION';
    });
    return [...wide, ...found.map(({ tagName, id, className }) => `${tagName}#${id}.${className}`)];
  });
}

/** Visible text with a contrast below WCAG's 4.5 to 1 (3 to 1 where it is dimmed or disabled on purpose). */
function faint(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const channels = (colour: string): number[] => {
      if (canvas === null) return [];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour: readonly number[]): number => {
      const [r = 0, g = 0, b = 0] = colour.map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paperOf = (element: Element | null): number[] => {
      for (let at = element; at !== null; at = at.parentElement) {
        const colour = channels(getComputedStyle(at).backgroundColor);
        if (colour[3] === 255) return colour;
      }
      return [255, 255, 255, 255];
    };
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('main *')) {
      const ownText = [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== '');
      const isHidden =
        !element.checkVisibility() || element.closest('.behind, .is-stale, :disabled, option') !== null;
      if (!ownText || isHidden) continue;
      const ink = luminance(channels(getComputedStyle(element).color));
      const paper = luminance(paperOf(element));
      const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      if (contrast < 4.5)
        found.push(
          `${element.tagName}.${element.className} ${contrast.toFixed(2)}: ${element.textContent.slice(0, 30)}`,
        );
    }
    return found;
  });
}
