/** The Canonicalize page of a console that is served alone, and what can be read off it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, expect, onTestFinished } from 'vitest';
import { createConsole } from '../../src/index.js';
import { openPage, openSharedPage, type WatchedPage } from './browser.js';

/** What the page shows. */
export interface Shown {
  readonly state: string | undefined;
  readonly text: string;
  /** Parts of lines that are marked as changed, and `signature` and `field` where these are. */
  readonly changed: string[];
  readonly signature: string;
  readonly fieldLine: string;
  /** The visible problems, by field. */
  readonly problems: Record<string, string>;
  readonly outcome: string;
  readonly checked: string;
}

/** Watched until its test has ended. */
const opened: { readonly watched: WatchedPage; readonly origin: string }[] = [];
/** Watched until the file has ended. */
const shared: typeof opened = [];
let served: Promise<{ readonly origin: string; readonly close: () => void }> | undefined;

afterEach(() => {
  for (const { watched, origin } of [...shared, ...opened.splice(0)]) {
    expect(watched.consoleErrors, 'errors on the console').toEqual([]);
    expect(watched.pageErrors, 'uncaught exceptions').toEqual([]);
    expect(watched.hosts(), 'hosts that were asked').toEqual([new URL(origin).host]);
  }
});
afterAll(async () => (await served)?.close());

/** Opens the page for this test and waits until it has loaded all that it ever loads. */
export function openCanonicalize(options: BrowserContextOptions = {}): Promise<WatchedPage> {
  return open(options, opened, openPage);
}

/** The same for all tests of the file. */
export function openShared(): Promise<WatchedPage> {
  return open({}, shared, openSharedPage);
}

async function open(
  options: BrowserContextOptions,
  list: typeof opened,
  opening: typeof openPage,
): Promise<WatchedPage> {
  served ??= serveConsole();
  const { origin } = await served;
  const watched = await opening(options);
  list.push({ watched, origin });
  await watched.page.goto(`${origin}/canonicalize`);
  await watched.page.locator('html[data-ready]').waitFor({ state: 'attached' });
  return watched;
}

/** Runs in the page. */
export function readShown(): Shown {
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
  const byId = (id: string) => document.getElementById(id);
  const badge = (id: string) => byId(id)?.hidden === false;
  const value = (id: string) => byId(id)?.dataset['value'] ?? '';
  return {
    state: document.documentElement.dataset['state'],
    text: all('#lines .text')
      .map(({ textContent }) => textContent)
      .join('\n'),
    changed: [
      ...all('#lines .is-changed').map(({ dataset }) => dataset['part'] ?? ''),
      ...(badge('signature-changed') ? ['signature'] : []),
      ...(badge('field-changed') ? ['field'] : []),
    ],
    signature: value('signature'),
    fieldLine: value('field-line'),
    problems: Object.fromEntries(
      all('.problem[id]:not([hidden])').map(({ id, textContent }) => [id.replace('error-', ''), textContent]),
    ),
    outcome: byId('outcome')?.textContent ?? '',
    checked: byId('checked')?.hidden === false ? (byId('checked')?.textContent ?? '') : '',
  };
}

export function shown(page: Page): Promise<Shown> {
  return page.evaluate(readShown);
}

/** Puts a text into a field in one go, as pasting does: `fill` types line by line. */
export async function paste(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).evaluate((field, value) => {
    if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) field.value = value;
    field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));
  }, text);
}

/** The characters that are marked in the page's fields, and the fields that are marked as a whole. */
export function markedIn(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const marks = [...document.querySelectorAll('.behind mark')].map((mark) => [
      mark.closest('.marked')?.querySelector('textarea')?.id,
      mark.textContent,
    ]);
    const whole = [...document.querySelectorAll<HTMLElement>('.is-source')].map((field) => [
      field instanceof HTMLInputElement ? field.id : field.querySelector('textarea')?.id,
      '(whole)',
    ]);
    const found: Record<string, string> = {};
    for (const [field = '', text = ''] of [...marks, ...whole]) {
      found[field] = field in found ? `${found[field]}|${text}` : text;
    }
    return found;
  });
}

async function serveConsole(): Promise<{ readonly origin: string; readonly close: () => void }> {
  const console = createConsole();
  const server = serve({ fetch: console.app.fetch, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    console.close();
    server.close();
  };
  return { origin: `http://127.0.0.1:${port}`, close };
}

/** Whatever happens from now on in this test, no request may be made. */
export function expectNoRequestFromNowOn({ requests }: WatchedPage): () => void {
  const before = requests.length;
  const check = (): void => expect(requests.slice(before), 'requests after load').toEqual([]);
  onTestFinished(check);
  return check;
}
