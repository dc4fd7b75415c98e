/** A server for the built site, on this machine alone. It serves files of one folder and nothing else. */

import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Serves `folder` on 127.0.0.1; port 0: one that is free. */
export async function serve(folder: string, port: number): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    // Normalized with a slash first, so that no dots lead out of the folder.
    const path = join(folder, normalize(`/${decodeURIComponentOr(pathname)}`));
    const file = [path, `${path}/index.html`, `${path}.html`].find(isFile);
    const status = file === undefined ? 404 : 200;
    const sent = file ?? `${folder}/404.html`;
    response.writeHead(status, { 'content-type': TYPES[extname(sent)] ?? 'application/octet-stream' });
    createReadStream(sent)
      .on('error', () => response.destroy())
      .pipe(response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}/`, server };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
