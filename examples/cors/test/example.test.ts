/** The page in a real Chromium, against the API of another origin; the browser's rules are the browser's own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createSigner } from '@countersign/client';
import { afterAll, describe, expect, it } from 'vitest';
import { startChromium } from '../src/chromium.js';
import { ALLOWED, EXPOSED } from '../src/server.js';
import { startShow } from '../src/show.js';
import { userKeys } from '../src/user-keys.js';

const show = await startShow();
afterAll(() => show.close());

describe('the CORS example', () => {
  it('answers a preflight of its page, and hands no other origin anything', async () => {
    const preflight = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const { status, headers: fields } = await fetch(`${show.apiUrl}/v1/notes`, {
        method: 'OPTIONS',
        headers,
      });
      return { status, fields };
    };
    const { status, fields } = await preflight(show.pageUrl);
    expect(status).toBe(204);
    expect(fields.get('access-control-allow-origin')).toBe(show.pageUrl);
    expect(fields.get('access-control-allow-headers')).toBe(ALLOWED.join(','));
    expect(fields.get('access-control-expose-headers')).toBe(EXPOSED.join(','));
    expect(fields.has('access-control-allow-credentials')).toBe(false);
    expect((await preflight('https://elsewhere.example')).fields.get('access-control-allow-origin')).not.toBe(
      'https://elsewhere.example',
    );
    // Before the verifier: it was not asked.
    expect(show.verdicts.right).toEqual([]);
  });

  it('keeps every promise in Chromium, and the verifiers say the same', async () => {
    const browser = await startChromium();
    if (browser === undefined) throw new Error('no chromium on the PATH; npm test installs it where it may');
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(show.pageUrl);
      const steps = await show.report;
      expect(steps.filter(({ kept }) => !kept)).toEqual([]);
      expect(steps).toHaveLength(8);
      expect(errors).toEqual([]);
      // The call with cookies never arrived; the budget was waited for with the same signature.
      expect(show.verdicts.right).toEqual([
        'admitted',
        'rate-limited',
        'admitted',
        'stale-timestamp',
        'admitted',
        'missing-signature',
      ]);
      expect(show.verdicts.unexposed).toEqual(['admitted', 'rate-limited', 'stale-timestamp']);
      // The preflights alone: one for each attempt.
      expect(new Set(show.verdicts.unasked)).toEqual(new Set(['missing-signature']));
      // The secret is in memory alone.
      expect(await page.evaluate('localStorage.length + sessionStorage.length + document.cookie')).toBe('0');
    } finally {
      await browser.close();
    }
  });

  it('makes a key for each login, of that user, which ends with the session', async () => {
    const issuer = userKeys(() => 0);
    const [one, other] = [issuer.issue('ada'), issuer.issue('ada')];
    expect(one.keyId).not.toBe(other.keyId);
    expect(one.secret).not.toBe(other.secret);
    expect(() => createSigner(one)).not.toThrow();
    expect(await issuer.directory.find(one.keyId)).toMatchObject({ owner: 'ada', expiresAtMs: 3_600_000 });
  });

  it('keeps no key whose session has ended', async () => {
    let nowMs = 0;
    const issuer = userKeys(() => nowMs);
    const [one, other] = [issuer.issue('ada'), issuer.issue('ada')];
    nowMs = 3_600_000;
    issuer.issue('ada');
    for (const { keyId } of [one, other]) expect(await issuer.directory.find(keyId)).toBeUndefined();
  });

  it('is shown by one command', async () => {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main]);
    expect(stdout).not.toContain('BROKEN');
    expect(stdout.match(/^kept /gm)).toHaveLength(8);
    expect(stdout).toContain('The preflight, which no signature comes with: 204');
  });
});
