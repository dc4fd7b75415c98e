import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createConsole } from '../src/index.js';
import { serveApp, serveConsole, statusOfRaw } from './support/served.js';

const PAGES = ['/', '/canonicalize'];

describe('the pages', () => {
  it.each(PAGES)(
    '%s comes with a policy that allows its own files, its import map and nothing else',
    async (page) => {
      const { base } = await serveConsole();
      const answer = await fetch(base + page);
      const html = await answer.text();
      const inline = [...html.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)].filter(
        ([, , text]) => text !== '',
      );
      expect(answer.status).toBe(200);
      expect(inline.map(([, attributes]) => attributes)).toEqual([' type="importmap"']);
      const hash = createHash('sha256')
        .update(inline[0]?.[2] ?? '')
        .digest('base64');
      const policy = new Map(
        answer.headers
          .get('content-security-policy')
          ?.split('; ')
          .map((directive): [string, string] => [directive.split(' ', 1)[0] ?? '', directive]),
      );
      expect(policy.get('default-src')).toBe("default-src 'none'");
      expect(policy.get('script-src')).toBe(`script-src 'self' 'sha256-${hash}'`);
      expect(policy.get('connect-src')).toBe("connect-src 'self'");
      expect(policy.get('frame-ancestors')).toBe("frame-ancestors 'none'");
      expect(policy.get('base-uri')).toBe("base-uri 'none'");
      expect(policy.get('form-action')).toBe("form-action 'none'");
      expect(policy.get('require-trusted-types-for')).toBe("require-trusted-types-for 'script'");
      expect(answer.headers.get('x-frame-options')).toBe('DENY');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('strict-transport-security')).toBeNull();
      // Addresses are relative: an absolute one would break where the app is mounted.
      expect(html).not.toMatch(/(?:src|href)="(?:\/|https?:)/);
    },
  );

  it('stand below the path that the app is mounted at, with or without a slash', async () => {
    const { app } = createConsole();
    const base = await serveApp(new Hono().route('/ops/console', app).fetch);
    const answer = await fetch(`${base}/ops/console`);
    expect(answer.url).toBe(`${base}/ops/console/`);
    expect(answer.status).toBe(200);
    for (const path of ['assets/console.css', 'assets/browser/live.js', 'canonicalize', 'scenarios']) {
      expect((await fetch(new URL(path, answer.url))).status).toBe(200);
    }
  });

  it('load modules whose every import is served', async () => {
    const { base } = await serveConsole();
    const html = await (await fetch(base)).text();
    const { imports } = JSON.parse(/importmap">([^<]*)</.exec(html)?.[1] ?? '');
    const addressOf = (specifier: string, from: string): string => {
      if (specifier.startsWith('.')) return new URL(specifier, from).href;
      const prefix = Object.keys(imports).find(
        (name) => specifier === name || (name.endsWith('/') && specifier.startsWith(name)),
      );
      return new URL(imports[prefix ?? ''] + specifier.slice(prefix?.length), `${base}/`).href;
    };
    const waiting = [`${base}/assets/browser/live.js`, `${base}/assets/canonical/index.js`];
    const seen = new Set<string>();
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      if (seen.has(address)) continue;
      seen.add(address);
      const answer = await fetch(address);
      expect([address, answer.status, answer.headers.get('content-type')]).toEqual([
        address,
        200,
        'text/javascript; charset=utf-8',
      ]);
      for (const [, specifier = ''] of (await answer.text()).matchAll(
        /^(?:import|export)\b(?:[^;'"(=]*\bfrom)?\s*["']([^"']+)["']/gm,
      )) {
        waiting.push(addressOf(specifier, address));
      }
    }
    const names = [...seen].map((address) => address.slice(`${base}/assets/`.length));
    expect(names).toEqual(
      expect.arrayContaining(['uplot/uPlot.esm.js', 'canonical/hash/noble.js', 'noble/_u64.js']),
    );
  });

  it('are not sent again while they are the same', async () => {
    const { base } = await serveConsole();
    const etag = (await fetch(`${base}/assets/console.css`)).headers.get('etag') ?? '';
    const again = await fetch(`${base}/assets/console.css`, { headers: { 'if-none-match': etag } });
    expect([etag.length > 10, again.status]).toEqual([true, 304]);
  });
});

describe('what is not there', () => {
  it('is not found, and the answer has the same policy', async () => {
    const { base } = await serveConsole();
    for (const path of [
      '/nothing',
      '/scenarios/nothing',
      '/assets/',
      '/assets/nothing.js',
      '/static/live.html',
    ]) {
      const answer = await fetch(base + path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('cannot be reached through the assets', async () => {
    const { base } = await serveConsole();
    const targets = [
      '/assets/../package.json',
      '/assets/%2e%2e/package.json',
      '/assets/..%2fpackage.json',
      '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
      '/assets/..%5cpackage.json',
      '/assets/browser/../../package.json',
      '/assets/browser/..%2f..%2fpackage.json',
      '/assets//etc/passwd',
      '/assets/%2fetc%2fpasswd',
      '/assets/file:///etc/passwd',
      '/assets/live.html',
      '/assets/console.css%00.js',
      '/assets/noble/sha3.js',
      '/assets/canonical/index.d.ts',
      '/assets/__proto__',
      '/assets/constructor',
    ];
    const statuses = await Promise.all(targets.map((target) => statusOfRaw(base, target)));
    expect(statuses).toEqual(targets.map(() => 404));
    expect(await statusOfRaw(base, '/assets/console.css')).toBe(200);
  });
});
