/** The Canonicalize page in Chromium: every button and field, what is marked where, and what is said of errors. */
import { readFileSync } from 'node:fs';
import { createVerifier, keyring, memoryStore } from '@countersign/server';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { parseHeaderLines } from '../src/browser/canonicalize-header-lines.js';
import type { WatchedPage } from './support/browser.js';
import { markedIn, openCanonicalize, openShared, paste, shown } from './support/canonicalize-page.js';

const TS = '1763750000000';
const NONCE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const SECRET = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

/** Loading a page costs more than a test does, so most of them share one. */
let shared: Promise<WatchedPage> | undefined;

/** The sample with a time and a nonce that are known, and nothing left of the test before. */
async function openSample(): Promise<Page> {
  shared ??= openShared();
  const { page } = await shared;
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    for (const details of document.querySelectorAll('details')) details.open = false;
    for (const area of document.querySelectorAll<HTMLTextAreaElement>('#other, #pasted')) area.value = '';
    for (const select of document.querySelectorAll('select')) select.selectedIndex = 0;
    for (const id of ['other-server', 'load-sample']) document.getElementById(id)?.click();
  });
  await page.fill('#timestamp', TS);
  await page.fill('#nonce', NONCE);
  return page;
}

const line = (page: Page, part: string) => page.locator(`#lines [data-part="${part}"]`);

describe('a change of one character marks its line and the signature, and nothing else', () => {
  it.each([
    ['method', 'PUT', ['method']],
    [
      'target',
      'https://api.example.org/v1/orders/%7Eeu?note=caf%c3%a9+cr%C3%A8me&item[1]=tea&item[0]=milk&currency=EUR',
      ['audience'],
    ],
    [
      'target',
      'https://API.example.com:443/v2/orders/%7Eeu?note=caf%c3%a9+cr%C3%A8me&item[1]=tea&item[0]=milk&currency=EUR',
      ['path'],
    ],
    [
      'target',
      'https://API.example.com:443/v1/orders/%7Eeu?note=caf%c3%a9+cr%C3%A8me&item[1]=tea&item[0]=milk&currency=EUS',
      ['query'],
    ],
    ['body', '{"sku":"A-113","quantity":3}', ['digest']],
    ['timestamp', '1763750000001', ['ts']],
    ['nonce', NONCE.replace('7', '8'), ['nonce']],
    ['keyId', 'key_live_2', ['key']],
    ['scope', 'orders:read', ['scope']],
    ['headers', 'Content-Type: text/plain\nIdempotency-Key: order-7431', ['header content-type']],
    [
      'headers',
      'Content-Type: application/json\nIdempotency-Key: order-7432\nAccept: a/b',
      ['header idempotency-key'],
    ],
  ])('%s', async (field, value, parts) => {
    const page = await openSample();
    await paste(page, `#${field}`, value);
    const { changed, outcome } = await shown(page);
    expect(changed).toEqual([...parts, 'signature', 'field']);
    expect(outcome).toContain(`Changed: ${[...parts, 'signature'].join(', ')}.`);
    const [part = ''] = parts;
    // A word and an underline: not by colour alone.
    expect(await line(page, part).locator('.badge').textContent()).toBe('changed');
    expect(await line(page, part).locator('em').count()).toBeGreaterThan(0);
  });

  it('another secret changes the signature alone', async () => {
    const page = await openSample();
    await page.fill('#secret', SECRET.replace('AAEC', 'AAED'));
    expect((await shown(page)).changed).toEqual(['signature', 'field']);
  });

  it('another spelling of the same request changes nothing', async () => {
    const page = await openSample();
    const before = await shown(page);
    await page.fill(
      '#target',
      'https://api.example.com/v1/orders/~eu?currency=EUR&note=caf%C3%A9+cr%C3%A8me&item%5B1%5D=tea&item[0]=milk',
    );
    await paste(page, '#headers', 'content-type:  application/json \nIDEMPOTENCY-KEY: order-7431');
    const after = await shown(page);
    expect(after.changed).toEqual([]);
    expect(after).toMatchObject({ text: before.text, signature: before.signature });
  });

  it('marks the characters that are new, and says it to those who do not see it', async () => {
    const page = await openSample();
    await page.fill('#scope', 'orders:write:eu');
    expect(await line(page, 'scope').locator('em').textContent()).toBe(':eu');
    await page.getByText('Changed: scope, signature.').nth(1).waitFor();
    expect(await page.locator('#announcement').getAttribute('aria-live')).toBe('polite');
  });
});

describe('what made a line', () => {
  it.each([
    ['scheme', {}],
    ['method', { method: '(whole)' }],
    ['audience', { target: 'API.example.com:443' }],
    ['path', { target: '/v1/orders/%7Eeu' }],
    ['query', { target: 'note=caf%c3%a9+cr%C3%A8me&item[1]=tea&item[0]=milk&currency=EUR' }],
    ['digest', { body: '(whole)' }],
    ['ts', { timestamp: '(whole)' }],
    ['nonce', { nonce: '(whole)' }],
    ['key', { keyId: '(whole)' }],
    ['scope', { scope: '(whole)' }],
    ['header content-type', { headers: 'Content-Type: application/json' }],
    ['header idempotency-key', { headers: 'Idempotency-Key: order-7431' }],
  ])('%s is marked when its line is hovered, and when it has the focus', async (part, marked) => {
    const page = await openSample();
    await line(page, part).locator('.number').hover();
    expect(await markedIn(page)).toEqual(marked);
    expect(await page.textContent('#origin')).toMatch(/^From: ./);
    await page.locator('h1').hover();
    expect(await markedIn(page)).toEqual({});
    await line(page, part).focus();
    expect(await markedIn(page)).toEqual(marked);
  });

  it('a parameter is found again where it stood before the query was sorted', async () => {
    const page = await openSample();
    const pieces = line(page, 'query').locator('.piece');
    expect(await pieces.allTextContents()).toEqual([
      'currency=EUR',
      'item%5B1%5D=tea',
      'item%5B0%5D=milk',
      'note=caf%C3%A9+cr%C3%A8me',
    ]);
    for (const [at, source] of [
      'currency=EUR',
      'item[1]=tea',
      'item[0]=milk',
      'note=caf%c3%a9+cr%C3%A8me',
    ].entries()) {
      await pieces.nth(at).hover();
      expect(await markedIn(page)).toEqual({ target: source });
    }
  });

  it('the nth of equal parameters is the nth', async () => {
    const page = await openSample();
    await page.fill('#target', 'http://a.example/?b=%7e&a=1&b=~&a=1');
    const pieces = line(page, 'query').locator('.piece');
    expect(await pieces.allTextContents()).toEqual(['a=1', 'a=1', 'b=~', 'b=~']);
    await pieces.nth(2).hover();
    expect(await markedIn(page)).toEqual({ target: 'b=%7e' });
    await pieces.nth(3).hover();
    expect(await markedIn(page)).toEqual({ target: 'b=~' });
  });

  it('of a signature that is checked stands in its header line', async () => {
    const page = await openSample();
    await page.selectOption('#vector', { index: 1 });
    await page.click('#load-vector');
    for (const [part, pattern] of [
      ['ts', /^[0-9]{13}$/],
      ['nonce', /^[0-9a-f-]{36}$/],
      ['key', /^[\w.~-]+$/],
      ['digest', /^[0-9a-f]{64}$/],
    ] as const) {
      await line(page, part).locator('.number').hover();
      const marked = await markedIn(page);
      expect(marked['headers'], part).toMatch(pattern);
      expect(await line(page, part).locator('.text').textContent()).toBe(marked['headers']);
    }
  });

  it('is marked the other way round: the caret in a field marks the lines that it made', async () => {
    const page = await openSample();
    const from = () =>
      page
        .locator('#lines .is-from-caret')
        .evaluateAll((lines) => lines.map((each) => (each as HTMLElement).dataset['part']));
    await page.focus('#keyId');
    expect(await from()).toEqual(['key']);
    await page.focus('#target');
    await page.keyboard.press('End');
    expect(await from()).toEqual(['query']);
    await page.keyboard.press('Control+Home');
    for (let at = 0; at < 'https://API'.length; at++) await page.keyboard.press('ArrowRight');
    expect(await from()).toEqual(['audience']);
    await page.focus('#headers');
    await page.keyboard.press('Control+Home');
    expect(await from()).toEqual(['header content-type']);
    await page.focus('#secret');
    expect(await from()).toEqual([]);
  });

  it('lies exactly behind the characters that it marks', async () => {
    const page = await openSample();
    const [behind, area] = await page.locator('#target').evaluate((field) => {
      const box = (element: Element | null) => {
        const { x, y, width, height } = element?.getBoundingClientRect() ?? new DOMRect();
        const { font, padding, letterSpacing, wordBreak, whiteSpace } = getComputedStyle(element ?? field);
        return { x, y, width, height, font, padding, letterSpacing, wordBreak, whiteSpace };
      };
      return [box(field.previousElementSibling), box(field)];
    });
    expect(behind).toEqual(area);
  });
});

describe('an error is said at its field, with its code', () => {
  it.each([
    ['method', 'get', 'malformed-request: the method is not upper-case letters'],
    ['method', 'CONNECT', 'malformed-target: CONNECT has no target that can be signed'],
    [
      'target',
      'https://a.example/a b',
      'malformed-target: the target holds a space, a control or a non-ASCII character',
    ],
    ['target', 'https://a.example/../b', 'ambiguous-target: the path holds a dot segment'],
    ['target', '', 'malformed-target: the target is neither in origin-form nor an http(s) URL'],
    ['headers', 'Content-Type', '"Content-Type" has no colon: expected Name: value'],
    ['headers', 'Range: a\nrange: b', 'malformed-request: the signed field range stands on several lines'],
    ['keyId', 'a b', 'malformed-signature: the key parameter is not a key id'],
    ['keyId', 'cs1s_AAAA', 'a secret is not a key id'],
    ['timestamp', '1763750000', 'malformed-signature: the ts parameter is not a time of 13 digits'],
    ['nonce', 'x', 'malformed-signature: the nonce parameter is not a UUID in lower case'],
    ['scope', 'a::b', 'malformed-signature: the scope parameter is not a scope'],
    ['secret', 'cs1s_short', 'expected cs1s_ and canonical base64url without padding, or a Uint8Array'],
  ])('%s: %o', async (field, value, message) => {
    const page = await openSample();
    await page.fill(`#${field}`, value);
    const { problems } = await shown(page);
    expect(problems).toEqual({ [field]: message });
    expect(await page.getAttribute(`#${field}`, 'aria-invalid')).toBe('true');
    expect(await page.getAttribute(`#${field}`, 'aria-describedby')).toBe(`error-${field}`);
  });

  it.each([
    [
      'signedNames',
      'x-b;x-a',
      'malformed-signature: the headers parameter is not an ascending list of at most 16 signable names',
      ['#auto-names'],
    ],
    [
      'signatureField',
      'host',
      '"host" is not a field name that can carry a signature',
      ['#options > summary'],
    ],
    ['requireSigned', 'cookie', '"cookie" is not a field that can be signed', ['#options > summary']],
  ])('%s: %o', async (field, value, message, opening) => {
    const page = await openSample();
    for (const selector of opening) await page.click(selector);
    await page.fill(`#${field}`, value);
    expect((await shown(page)).problems).toEqual({ [field]: message });
  });

  it('of the audience that the server expects', async () => {
    const page = await openSample();
    await page.click('#options > summary');
    await page.selectOption('#audienceKind', 'list');
    await page.fill('#audience', 'a.example, b.example');
    expect((await shown(page)).problems).toEqual({
      audience: 'wrong-audience: the request addresses api.example.com',
    });
    await page.fill('#audience', 'a.example api.example.com');
    expect((await shown(page)).problems).toEqual({});
    await page.selectOption('#audienceKind', 'one');
    await page.fill('#audience', 'internal.example');
    expect(await line(page, 'audience').locator('.text').textContent()).toBe('internal.example');
    await line(page, 'audience').locator('.number').hover();
    expect(await markedIn(page)).toEqual({ audience: '(whole)' });
    await page.fill('#audience', 'not a name');
    expect((await shown(page)).problems).toEqual({
      audience: '"not a name" is not a host with an optional port',
    });
  });

  it('dims the last canonical string, gives no signature, and is gone with the error', async () => {
    const page = await openSample();
    const { text, signature } = await shown(page);
    await page.fill('#scope', 'a b');
    const refused = await shown(page);
    expect(refused).toMatchObject({ state: 'refused', signature: '', fieldLine: '' });
    expect(refused.outcome).toBe('Refused as malformed-signature: the scope parameter is not a scope.');
    expect(await page.locator('#lines').getAttribute('class')).toBe('is-stale');
    await page.fill('#scope', 'orders:write');
    expect(await shown(page)).toMatchObject({ state: 'read', text, signature, problems: {}, changed: [] });
  });

  it('a secret that is wrong takes the signature away, and not the string', async () => {
    const page = await openSample();
    const { text } = await shown(page);
    await page.fill('#secret', 'cs1s_short');
    expect(await shown(page)).toMatchObject({ state: 'read', text, signature: '', fieldLine: '' });
    await page.fill('#secret', '');
    expect(await shown(page)).toMatchObject({ problems: {}, signature: '' });
    expect(await page.textContent('#signature')).toBe('type the secret to see it');
  });

  it('offers to rewrite a URL as fetch does', async () => {
    const page = await openSample();
    expect(await page.isVisible('#rewrite')).toBe(false);
    await page.fill('#target', 'https://a.example/x/../café?q=a b#fragment');
    await page.click('#rewrite');
    expect(await page.inputValue('#target')).toBe('https://a.example/caf%C3%A9?q=a%20b');
    expect(await shown(page)).toMatchObject({ state: 'read', problems: {} });
    expect(await page.isVisible('#rewrite')).toBe(false);
  });
});

it('the URL is one line: Enter does nothing, a line feed inside is shown and one at the end goes', async () => {
  const page = await openSample();
  await page.fill('#target', 'https://a.example/xy');
  await page.focus('#target');
  await page.keyboard.press('Control+End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  expect(await page.inputValue('#target')).toBe('https://a.example/xy');
  await paste(page, '#target', 'https://a.example/xy\n');
  expect(await page.inputValue('#target')).toBe('https://a.example/xy');
  await paste(page, '#target', 'https://a.example/x\ny');
  expect(await page.inputValue('#target')).toBe('https://a.example/x\u240ay');
  expect((await shown(page)).problems['target']).toMatch(/^malformed-target: /);
});

describe('buttons', () => {
  it('load a sample, now, new, clear', async () => {
    const page = await openSample();
    const sample = await page.inputValue('#target');
    await page.click('#now');
    expect((await shown(page)).changed).toEqual(['ts', 'signature', 'field']);
    expect(Math.abs(Number(await page.inputValue('#timestamp')) - Date.now())).toBeLessThan(60_000);
    await page.click('#new-nonce');
    expect((await shown(page)).changed).toEqual(['nonce', 'signature', 'field']);
    expect(await page.inputValue('#nonce')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    await page.click('#clear');
    for (const field of ['target', 'headers', 'body', 'keyId', 'secret', 'scope']) {
      expect(await page.inputValue(`#${field}`), field).toBe('');
    }
    await page.click('#load-sample');
    expect(await page.inputValue('#target')).toBe(sample);
    expect(await shown(page)).toMatchObject({ state: 'read', changed: [], problems: {} });
  });

  it('load vector fills every field, and says what should come of it', async () => {
    const page = await openSample();
    await page.click('#load-vector');
    expect(await page.locator('#vector').evaluate((select) => select === document.activeElement)).toBe(true);
    await page.selectOption('#vector', {
      label: 'headers: the signature in a field of its own, beside a signed bearer token',
    });
    await page.click('#load-vector');
    expect(await page.textContent('#notes')).toBe('A vector to be accepted');
    expect(await page.inputValue('#signatureField')).toBe('x-signature');
    expect(await page.locator('#options').getAttribute('open')).toBe('');
    expect(await page.isChecked('#mode-check')).toBe(true);
    expect(await page.isDisabled('#keyId')).toBe(true);
    await page.click('#load-sample');
    expect(await page.inputValue('#signatureField')).toBe('');
    expect(await page.isVisible('#notes')).toBe(false);
  });

  it('show and hide the secret', async () => {
    const page = await openSample();
    expect(await page.getAttribute('#secret', 'type')).toBe('password');
    await page.click('#show-secret');
    expect(await page.getAttribute('#secret', 'type')).toBe('text');
    expect(await page.getAttribute('#show-secret', 'aria-pressed')).toBe('true');
    await page.click('#show-secret');
    expect(await page.getAttribute('#secret', 'type')).toBe('password');
  });

  it('copy the string, the signature and the header line', async () => {
    const { page } = await openCanonicalize({ permissions: ['clipboard-read', 'clipboard-write'] });
    const { text, signature, fieldLine } = await shown(page);
    for (const [id, expected] of [
      ['copy-text', text],
      ['copy-signature', signature],
      ['copy-field', fieldLine],
    ] as const) {
      await page.click(`#${id}`);
      await page.locator(`#${id}`, { hasText: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(expected);
    }
    await page.locator('#copy-text', { hasText: /^Copy$/ }).waitFor();
  });

  it('copy selects the text where the clipboard is closed', async () => {
    const { page } = await openCanonicalize({ permissions: [] });
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.click('#copy-signature');
    await page.locator('#copy-signature', { hasText: 'Press Ctrl+C' }).waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe((await shown(page)).signature);
  });

  it('the signed fields can be chosen by hand', async () => {
    const page = await openSample();
    expect(await page.inputValue('#signedNames')).toBe('content-type;idempotency-key');
    await page.uncheck('#auto-names');
    await page.fill('#signedNames', 'accept;content-type;idempotency-key');
    expect((await shown(page)).changed).toEqual(['header accept', 'signature', 'field']);
    await page.fill('#signedNames', '');
    expect((await shown(page)).problems).toEqual({
      headers: 'malformed-request: the field content-type is present and not signed',
    });
    await page.check('#auto-names');
    expect(await page.inputValue('#signedNames')).toBe('content-type;idempotency-key');
  });

  it('another field carries the signature where authorization is taken', async () => {
    const page = await openSample();
    await page.fill('#headers', 'Authorization: Bearer abc');
    expect((await shown(page)).problems).toEqual({
      signatureField: 'authorization is taken; carry the signature in another field',
    });
    await page.fill('#signatureField', 'X-Signature');
    const { problems, text, fieldLine } = await shown(page);
    expect(problems).toEqual({});
    expect(text).toMatch(/\nauthorization:Bearer abc$/);
    expect(fieldLine).toMatch(/^x-signature: CS1-HMAC-SHA256 /);
    await page.fill('#requireSigned', 'x-tenant');
    await page.fill('#headers', 'X-Tenant: a');
    expect((await shown(page)).problems).toEqual({
      headers: 'malformed-request: the field x-tenant is present and not signed',
    });
  });
});

describe('the body', () => {
  it('is text, base64 or a file, and the bytes count', async () => {
    const page = await openSample();
    const digest = () => line(page, 'digest').locator('.text').textContent();
    const asText = await digest();
    await page.check('#body-base64');
    expect(await page.inputValue('#body')).toBe(btoa('{"sku":"A-113","quantity":2}'));
    expect(await digest()).toBe(asText);
    await page.fill('#body', '!');
    expect((await shown(page)).problems).toEqual({ body: 'this is not base64' });
    await page.fill('#body', '/wD+');
    const ofBytes = await digest();
    await page.click('#body-text');
    expect(await page.isChecked('#body-base64'), 'bytes that are no text stay base64').toBe(true);
    await page.check('#body-file');
    await page.setInputFiles('#file', {
      name: 'body.bin',
      mimeType: 'x/y',
      buffer: Buffer.from([0xff, 0, 0xfe]),
    });
    await expect.poll(digest).toBe(ofBytes);
    await line(page, 'digest').locator('.number').hover();
    expect(await page.textContent('#origin')).toBe("From: SHA-256 of the body's 3 bytes.");
    expect(await markedIn(page)).toEqual({ body: '(whole)' });
    await page.setInputFiles('#file', {
      name: 'text',
      mimeType: 'x/y',
      buffer: Buffer.from('{"sku":"A-113","quantity":2}'),
    });
    await expect.poll(digest).toBe(asText);
    await page.check('#body-text');
    expect(await page.inputValue('#body')).toBe('{"sku":"A-113","quantity":2}');
  });
});

describe('pasted requests', () => {
  it('a curl line fills the fields and keeps the key', async () => {
    const page = await openSample();
    await page.click('#paste-box > summary');
    await page.fill(
      '#pasted',
      String.raw`curl 'https://shop.example/v1/orders?b=2&a=1' -H 'content-type: application/json' --data-raw $'{"name":"O\'Neill"}'`,
    );
    await page.click('#take-over');
    expect(await page.isVisible('#pasted')).toBe(false);
    expect(await page.inputValue('#body')).toBe(`{"name":"O'Neill"}`);
    expect(await page.inputValue('#secret')).toBe(SECRET);
    const { text, state } = await shown(page);
    expect(state).toBe('read');
    expect(text.split('\n').slice(0, 5)).toEqual([
      'CS1-HMAC-SHA256',
      'POST',
      'shop.example',
      '/v1/orders',
      'a=1&b=2',
    ]);
  });

  it('a raw request that carries a signature is checked; a verifier agrees', async () => {
    const page = await openSample();
    const body = '{"sku":"A-113","quantity":2}';
    const { fieldLine, text } = await shown(page);
    const target = new URL(await page.inputValue('#target'));
    const head = [
      'Host: api.example.com',
      'Content-Type: application/json',
      'Idempotency-Key: order-7431',
      fieldLine,
    ];
    const raw = [`POST ${target.pathname}${target.search} HTTP/1.1`, ...head, '', body].join('\r\n');
    await page.click('#clear');
    await page.click('#paste-box > summary');
    await page.fill('#pasted', raw);
    await page.click('#take-over');
    expect(await page.isChecked('#mode-check')).toBe(true);
    expect(await shown(page)).toMatchObject({
      state: 'read',
      text,
      checked: '✓ the body is the one that was signed',
    });
    await page.fill('#secret', SECRET);
    expect((await shown(page)).checked).toBe(
      '✓ the request carries this signature ✓ the body is the one that was signed',
    );
    await page.fill('#body', '{}');
    expect((await shown(page)).checked).toBe(
      '✓ the request carries this signature ✗ the body is not the one that was signed',
    );
    await page.fill('#secret', SECRET.replace('AAEC', 'AAED'));
    expect((await shown(page)).checked).toContain('✗ the request carries another signature');

    const verifier = createVerifier({
      keys: keyring({ key_live_1: { secret: SECRET, scopes: ['orders'] } }),
      store: memoryStore(),
      audience: 'api.example.com',
      now: () => Number(TS),
    });
    const request = {
      method: 'POST',
      target: `${target.pathname}${target.search}`,
      headers: parseHeaderLines(head.join('\n')).map(({ name, value }): [string, string] => [name, value]),
    };
    const verdict = await verifier.verify(request, { scope: 'orders:write', body: Buffer.from(body) });
    expect(verdict).toMatchObject({ ok: true });
  });

  it('what is neither is said at the box', async () => {
    const page = await openSample();
    await page.click('#paste-box > summary');
    await page.fill('#pasted', 'hello');
    await page.click('#take-over');
    expect((await shown(page)).problems['pasted']).toMatch(/^this is neither a curl line nor a request/);
    await page.fill('#pasted', 'curl https://a.example/ -d @f');
    await page.click('#take-over');
    expect(await page.textContent('#notes')).toBe('the body is in the file f: choose it as the body');
  });
});

describe('the string of another implementation', () => {
  it('is explained: line, cause, characters', async () => {
    const page = await openSample();
    const { text } = await shown(page);
    await page.fill('#other', text.replace('\n/v1/orders', '\n/orders'));
    const difference = page.locator('#difference');
    expect(await difference.locator('.cause').textContent()).toBe(
      'Line 4, path: the path lost its prefix /v1 on the way.',
    );
    expect(await difference.locator('dt').allTextContents()).toEqual([
      'Client signed (this page)',
      'Server saw',
    ]);
    expect(await difference.locator('mark').allTextContents()).toEqual(['v1/']);
    expect(await page.locator('#lines .is-different').getAttribute('data-part')).toBe('path');
    await page.check('#other-client');
    expect(await difference.locator('.cause').textContent()).toBe(
      'Line 4, path: the path gained the prefix /v1 on the way.',
    );
    await page.fill('#target', (await page.inputValue('#target')).replace('/v1', ''));
    expect(await difference.textContent()).toMatch(/^Equal\./);
    expect(await page.locator('#lines .is-different').count()).toBe(0);
  });

  it('that lost its last line feed is equal, and that is said', async () => {
    const page = await openSample();
    await page.fill('#scope', '');
    await page.fill('#headers', '');
    const { text } = await shown(page);
    expect(text).toMatch(/\n$/);
    await page.fill('#other', text.trimEnd());
    expect(await page.textContent('#difference')).toMatch(/^Equal\..*cut off at its end, put back/);
  });

  it("a server's problem document is shown as it says", async () => {
    const page = await openSample();
    const debug = {
      line: 5,
      part: 'query',
      client: 'a=1&b=2',
      server: 'a=1',
      cause: 'the query was changed on the way',
    };
    await page.fill(
      '#other',
      JSON.stringify({ code: 'invalid-signature', status: 401, debug }, undefined, 2),
    );
    expect(await page.textContent('#difference .cause')).toBe(
      'Line 5, query: the query was changed on the way.',
    );
    expect(await page.locator('#difference mark').allTextContents()).toEqual(['&b=2']);
    expect(await page.locator('#lines .is-different').getAttribute('data-part')).toBe('query');
    await page.fill('#other', '{"code":"invalid-signature"}');
    expect(await page.textContent('#difference')).toContain('has no debug member');
  });
});

it('the page never writes markup, and stores nothing', () => {
  const folder = new URL('../src/browser/', import.meta.url);
  for (const name of ['page', 'form', 'lines', 'result', 'compare', 'elements', 'marks', 'body']) {
    const source = readFileSync(new URL(`canonicalize-${name}.ts`, folder), 'utf8');
    expect(source, name).not.toMatch(
      /innerHTML|outerHTML|insertAdjacent|localStorage|sessionStorage|indexedDB|cookie\b|XMLHttp|sendBeacon|WebSocket/,
    );
  }
});
