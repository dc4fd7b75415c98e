/**
 * Debian's Chromium, headless, for tests that look at the console as people do. A page keeps what went wrong in it and
 * what it asked the network for; it closes with its test, the browser with its file.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, onTestFinished } from 'vitest';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

/** A page, and what came of it so far. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on the page's console, with where they came from; among them what the CSP refused. */
  readonly consoleErrors: string[];
  /** Exceptions that nobody caught. */
  readonly pageErrors: string[];
  /** Every address that was asked for, in order. */
  readonly requests: string[];
  /** The hosts among them, with their ports. */
  readonly hosts: () => string[];
}

let running: Promise<Browser> | undefined;
afterAll(async () => (await running)?.close());

/** A new page in a browser profile of its own, closed with its test. Nothing is opened in it yet. */
export async function openPage(options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const watched = await openSharedPage(options);
  onTestFinished(() => watched.page.context().close());
  return watched;
}

/** A page for all tests of a file: it closes with the browser. */
export async function openSharedPage(options: BrowserContextOptions = {}): Promise<WatchedPage> {
  running ??= startBrowser();
  const context = await (await running).newContext(options);
  const page = await context.newPage();
  const consoleErrors: string[] = [];
  const pageErrors: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  // Of the context: what a worker or a window that the page opens asks for counts, too.
  context.on('request', (request) => requests.push(request.url()));
  const hosts = (): string[] => [...new Set(requests.map((url) => new URL(url).host))];
  return { page, consoleErrors, pageErrors, requests, hosts };
}

function startBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: findChromium(),
    // Chromium's sandbox does not start for root. The pages are our own.
    args: isRoot ? ['--no-sandbox'] : [],
  });
}

function findChromium(): string {
  for (const command of COMMANDS) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, command);
      if (isExecutable(path)) return path;
    }
  }
  throw new Error(`none of ${COMMANDS.join(', ')} is on the PATH; npm test installs Debian's where it may`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
