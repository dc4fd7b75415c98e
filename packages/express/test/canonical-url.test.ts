import { sendSigned, signNow, watchedVerifier } from '@countersign/testkit/http';
import { describe, expect, it } from 'vitest';
import { canonicalUrl, countersign } from '../src/index.js';
import { EXPRESS, serve } from './support/serve.js';

describe.each(EXPRESS)('canonicalUrl on %s', (_, express) => {
  async function start(mounted: boolean): Promise<(target: string, spelled: string) => Promise<string>> {
    const { verifier } = watchedVerifier();
    const app = express();
    app.set('query parser', 'extended');
    if (mounted) app.use(canonicalUrl());
    const guard = countersign(verifier, { scope: 'orders' });
    app.get('/orders/export', guard, (request, response) => {
      response.json({ route: 'export', query: request.query });
    });
    app.get('/orders/:id', guard, (request, response) => {
      response.json({ route: `id ${request.params.id}`, query: request.query });
    });
    const port = await serve(app);
    // Signed in one spelling, sent in another that has the same canonical string.
    return async (target, spelled) =>
      (await sendSigned(port, { ...signNow({ target }), target: spelled })).body;
  }

  it('routes a respelled path as the one that was signed', async () => {
    const send = await start(true);
    expect(await send('/orders/export', '/orders/%65xport')).toBe('{"route":"export","query":{}}');
    expect(await send('/orders/~7', '/orders/%7e7')).toBe('{"route":"id ~7","query":{}}');
    // Without it Express takes the spelling for another route.
    expect(await (await start(false))('/orders/export', '/orders/%65xport')).toContain('"route":"id export"');
  });

  it('gives every query parser one order of what is signed', async () => {
    const signed = '/orders/7?b=1&[a]=1&a=2';
    const reordered = '/orders/7?a=2&%5ba%5d=1&b=1';
    const canonical = await start(true);
    expect(await canonical(signed, reordered)).toBe(await canonical(signed, signed));
    const raw = await start(false);
    expect(await raw(signed, reordered)).not.toBe(await raw(signed, signed));
  });

  it('leaves what has no canonical form to the verifier', async () => {
    const send = await start(true);
    expect(await send('/orders/7', '/orders/%zz')).toMatch(/malformed-target|URIError|Failed to decode/);
    expect(await send('/orders/7', '/orders/..;/7')).toMatch(/ambiguous-target|Cannot GET/);
  });
});
