/** What is typed into the Canonicalize page stays there. */
import { expect, it } from 'vitest';
import {
  expectNoRequestFromNowOn,
  openCanonicalize,
  openShared,
  shown,
} from './support/canonicalize-page.js';

const SECRET = 'cs1s_c2VjcmV0LW9mLXRoaXMtdGVzdC13aGljaC1zdGF5cy1oZXJl';

it('no request is made after the page has loaded, whatever is typed and pressed', async () => {
  const watched = await openCanonicalize();
  const { page, requests } = watched;
  const expectNone = expectNoRequestFromNowOn(watched);
  await page.fill('#secret', '');
  await page.locator('#secret').pressSequentially(SECRET);
  await page.keyboard.press('Enter');
  expect((await shown(page)).signature).toMatch(/^[0-9a-f]{64}$/);
  await page.fill('#target', 'https://another.example/?secret=1');
  await page.click('#paste-box > summary');
  await page.fill('#pasted', `curl https://another.example/x -H 'X-Secret: ${SECRET}' -d @f`);
  await page.click('#take-over');
  await page.fill('#other', `{"debug":{"cause":"https://another.example/"}}`);
  await page.selectOption('#vector', { index: 3 });
  for (const id of ['load-vector', 'load-sample', 'now', 'new-nonce', 'show-secret', 'copy-text', 'clear']) {
    await page.click(`#${id}`);
  }
  await page.check('#body-file');
  await page.setInputFiles('#file', { name: 'secret', mimeType: 'x/y', buffer: Buffer.from(SECRET) });
  // Were anything sent late (a timer, an idle callback), it would be by then.
  await page.waitForTimeout(1500);
  expectNone();
  expect(requests.join('\n')).not.toContain('secret=');
  expect(page.url()).toMatch(/\/canonicalize$/);
});

it('the watch sees a request, were one made', async () => {
  const { page, requests } = await openShared();
  const before = requests.length;
  await page.evaluate(() => fetch('assets/icon.svg'));
  expect(requests.length).toBe(before + 1);
});

it('nothing is stored: no storage, no cookie, no database, no cache, no history', async () => {
  const { page } = await openShared();
  await page.fill('#secret', SECRET);
  await page.click('#now');
  const stored = await page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    state: history.state,
    name,
  }));
  expect(stored).toEqual({
    local: 0,
    session: 0,
    cookies: '',
    databases: 0,
    caches: 0,
    workers: 0,
    state: null,
    name: '',
  });
});

it('is gone with a reload', async () => {
  const { page } = await openCanonicalize();
  await page.fill('#secret', SECRET);
  await page.fill('#keyId', 'typed-here');
  await page.reload();
  await page.locator('html[data-ready]').waitFor({ state: 'attached' });
  expect(await page.inputValue('#secret')).not.toBe(SECRET);
  expect(await page.inputValue('#keyId')).not.toBe('typed-here');
});

it('the secret is a password that browsers and managers do not fill or keep, and the page says that it stays', async () => {
  const { page } = await openShared();
  const secret = page.locator('#secret');
  expect(await secret.getAttribute('type')).toBe('password');
  expect(await secret.getAttribute('autocomplete')).toBe('off');
  expect(await secret.getAttribute('name'), 'it is part of no form data').toBeNull();
  expect(await page.locator('#request').getAttribute('action')).toBeNull();
  for (const field of await page.locator('input:not([type]), textarea').all()) {
    expect(await field.getAttribute('autocomplete'), String(await field.getAttribute('id'))).toBe('off');
  }
  expect(await page.locator('main').textContent()).toContain('Nothing you type leaves this page.');
});

it('the policy of the page lets it connect to its own origin alone', async () => {
  const { page } = await openShared();
  const csp = (await page.request.get(page.url())).headers()['content-security-policy'];
  for (const directive of [
    "default-src 'none'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
  ]) {
    expect(csp).toContain(directive);
  }
  expect(csp).not.toMatch(/unsafe|\*|https?:/);
});
