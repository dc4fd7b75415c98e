/** The suite in Debian's Chromium: a page with an import map, and a server of another origin that it calls. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join, posix, relative } from 'node:path';
import { chromium } from 'playwright-core';
import { type GraphModule, isBare, moduleGraph } from './module-graph.js';
import { type Report, readReport } from './report.js';
import type { Place } from './server-runtimes.js';
import type { Given } from './suite/suite.js';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

export async function runInChromium({ root, entries }: Place, given: Given): Promise<Report> {
  const executablePath = findChromium();
  const entry = join(entries, 'on-browser.js');
  const graph = await moduleGraph(root, entry, ['browser']);
  const isRoot = process.getuid?.() === 0;
  // Chromium's sandbox does not start for root. The page is our own.
  const browser = await chromium.launch({ executablePath, args: isRoot ? ['--no-sandbox'] : [] });
  const server = await serveModules(root, graph);
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const path = `/${relative(root, entry)}`;
    // A text: a function would be what a compiler made of it.
    const script = `import(${JSON.stringify(path)}).then(({ runHere }) => runHere(${JSON.stringify(given)}))`;
    const lines: string = await page.evaluate(script);
    return { ...readReport(lines), runtime: `Chromium ${browser.version()}` };
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

async function serveModules(root: string, graph: readonly GraphModule[]): Promise<Server> {
  const paths = new Set(graph.map(({ path }) => `/${path}`));
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ scopes: scopesOf(graph) })}</script>`;
  const server = createServer(({ url = '' }, response) => {
    if (url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else if (!paths.has(url)) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(join(root, url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Bare specifiers by the folder of the module that has them. */
function scopesOf(graph: readonly GraphModule[]): Record<string, Record<string, string>> {
  const scopes: Record<string, Record<string, string>> = {};
  for (const { path, imports } of graph) {
    for (const { specifier, path: target } of imports.filter((found) => isBare(found.specifier))) {
      const folder = `/${posix.dirname(path)}/`;
      scopes[folder] = { ...scopes[folder], [specifier]: `/${target}` };
    }
  }
  return scopes;
}

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))).find(
    isExecutable,
  );
  if (found === undefined) throw new Error(`none of ${COMMANDS.join(', ')} is on the PATH`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
