/** The Live page in a real browser, before a real server. */
import type { BrowserContextOptions } from 'playwright-core';
import { expect } from 'vitest';
import type { ConsoleOptions } from '../../src/index.js';
import { openPage, type WatchedPage } from './browser.js';
import { type ServedConsole, serveConsole } from './served.js';

/** An expectation that has as long as a busy machine may take. */
export function soon<T>(ask: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout: 10_000 });
}

export interface LivePage extends WatchedPage, ServedConsole {
  /** Nothing went wrong in the page, and it asked nobody but its server. */
  readonly expectClean: () => void;
  readonly rows: () => Promise<number>;
  /** The count that stands in the lane of a class. */
  readonly count: (classId: string) => Promise<number>;
}

export async function openLive(
  options: ConsoleOptions = {},
  browser: BrowserContextOptions = {},
  before: (served: ServedConsole) => void | Promise<void> = () => undefined,
): Promise<LivePage> {
  const served = await serveConsole(options);
  await before(served);
  const watched = await openPage(browser);
  const { page } = watched;
  await page.goto(served.base);
  await page.waitForSelector('#state[data-state="open"]');
  return {
    ...served,
    ...watched,
    expectClean: () => {
      expect(watched.consoleErrors).toEqual([]);
      expect(watched.pageErrors).toEqual([]);
      expect(watched.hosts()).toEqual([new URL(served.base).host]);
    },
    rows: () => page.locator('#rows > li').count(),
    count: async (classId) =>
      Number(
        (await page.locator(`.lane[data-class="${classId}"] .count`).textContent())?.replaceAll(',', ''),
      ),
  };
}

/** How many pixels of each canvas below a selector are painted, by the colour that they have. */
export function painted(live: WatchedPage, selector: string): Promise<Record<string, number>[]> {
  return live.page.$$eval(`${selector} canvas`, (canvases) =>
    canvases.map((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height) ?? {
        data: [],
      };
      const pixels: Record<string, number> = {};
      for (let i = 0; i < data.length; i += 4) {
        if ((data[i + 3] ?? 0) < 250) continue;
        const colour = `rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})`;
        pixels[colour] = (pixels[colour] ?? 0) + 1;
      }
      return pixels;
    }),
  );
}

/** The colour of a class, as the page has it now. */
export function colourOf(live: WatchedPage, classId: string): Promise<string> {
  return live.page.$eval(`.lane .sign.${classId}`, (sign) => getComputedStyle(sign).color);
}
