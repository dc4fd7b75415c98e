/** The two pages and the files that they load. They hold no data; what they show comes by `/events`. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Context, Hono } from 'hono';
import { etag } from 'hono/etag';
import { IMPORT_MAP, listAssets } from './assets.js';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Stands in the pages where the import map goes. */
const IMPORT_MAP_MARK = '<!-- import map -->';

/** The import map as it stands in the pages, between its tags. Its hash is in the content security policy. */
export const IMPORT_MAP_TEXT: string = JSON.stringify(IMPORT_MAP);

export function pages(): Hono {
  const assets = listAssets();
  const app = new Hono();
  app.use(etag());

  const page = (name: string) => async (c: Context) => {
    const html = await readFile(new URL(`../static/${name}`, import.meta.url), 'utf8');
    const importMap = `<script type="importmap">${IMPORT_MAP_TEXT}</script>`;
    return c.html(html.replace(IMPORT_MAP_MARK, importMap), 200, { 'cache-control': 'no-cache' });
  };
  const live = page('live.html');
  // Addresses in the page are relative, so it has to stand at an address that ends in a slash.
  app.get('/', async (c) => {
    const { path } = c.req;
    return path.endsWith('/') ? live(c) : c.redirect(`./${path.slice(path.lastIndexOf('/') + 1)}/`);
  });
  app.get('/:nothing{.{0}}', live);
  app.get('/canonicalize', page('canonicalize.html'));

  app.get('/assets/:name{.+}', async (c) => {
    const file = assets.get(c.req.param('name'));
    if (file === undefined) return c.notFound();
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    return c.body(await readFile(file), 200, { 'content-type': type, 'cache-control': 'no-cache' });
  });
  return app;
}
