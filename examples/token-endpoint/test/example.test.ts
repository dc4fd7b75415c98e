/** Plays the example's scenes over real sockets, each line against its promise, and runs the command itself. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { describe, expect, it, vi } from 'vitest';
import { scenes } from '../src/demo/scenes.js';
import { playAll, playScene, type Scene } from '../src/demo/stage.js';
import { reserveFailure } from '../src/failure-budgets.js';
import { parseForm } from '../src/form.js';
import { createLoginGuard } from '../src/login-guard.js';
import { tokenScope } from '../src/token-scope.js';
import { canonicalUserName, userSegment } from '../src/user-name.js';

describe('the token endpoint', () => {
  it.each(scenes.map((scene) => [scene.title, scene] as const))(
    'keeps its promises: %s',
    async (_, scene) => {
      const lines = await playScene(scene);
      const told = lines.map(({ sent, cameBack }) => `${sent}: ${cameBack}`);
      expect(told).toEqual(lines.map(({ sent, promised }) => `${sent}: ${promised}`));
      expect(lines.length).toBeGreaterThan(1);
    },
  );

  it('runs by its command, and ends with 0', async () => {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main, '3', '11'], { timeout: 30_000 });
    const told = '10 × 400 invalid_grant, 20 × 429 rate-limited';
    expect(stdout).toContain(`kept    30 guesses at once, signed by shop  ${told}\n`);
    expect(stdout).toMatch(/^ {3}kept {4}again +409 replayed-nonce$/m);
    expect(stdout).toMatch(/\n8 of 8 promises kept\n$/);
  });

  it('says so when a promise is broken', async () => {
    const broken: Scene = { title: 't', why: 'w', play: async (line) => line('a guess', '200', '400') };
    const failing: Scene = { title: 't', why: 'w', play: () => Promise.reject(new Error('no server')) };
    const printed: string[] = [];
    expect(await playAll([broken, failing], (text) => printed.push(text))).toBe(false);
    expect(printed).toContain('   BROKEN  a guess  200');
    expect(printed.at(-1)).toBe('\n0 of 2 promises kept');
  });
});

describe('a user name', () => {
  it('is one, however it is spelled, and stays what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (name) => {
        const canonical = canonicalUserName(name);
        if (canonical === undefined || canonical.length > 128) return;
        expect(canonicalUserName(canonical)).toBe(canonical);
        expect(canonicalUserName(name.normalize('NFD'))).toBe(canonical);
        expect(canonicalUserName(name.normalize('NFC'))).toBe(canonical);
      }),
      { numRuns: 1_000 },
    );
    expect(['Alice', 'ALICE', 'ａｌｉｃｅ'].map(canonicalUserName)).toEqual(['alice', 'alice', 'alice']);
    expect(canonicalUserName('\u212A')).toBe('k');
    expect(canonicalUserName('Straße')).toBe('straße');
  });

  it('is none with spaces, controls, format characters or bytes that are no UTF-8', () => {
    const none = [
      '',
      ' ',
      'a b',
      'a\0',
      'a\u200Bb',
      'a\u00A0',
      'a\u202Eb',
      'a\uFFFD',
      'a\uD800',
      'x'.repeat(129),
    ];
    expect(none.map(canonicalUserName)).toEqual(none.map(() => undefined));
  });

  it('makes a scope that any signer and verifier takes', () => {
    const form = new Map([
      ['grant_type', 'password'],
      ['username', 'Zoë@example.com'],
    ]);
    expect(tokenScope(form)).toBe(`token:password:${userSegment('zoë@example.com')}`);
    expect(tokenScope(form)).toMatch(/^token:password:[0-9a-f]{64}$/);
    expect(tokenScope(new Map([['grant_type', 'password']]))).toBeUndefined();
    expect(tokenScope(new Map())).toBeUndefined();
  });
});

describe('a form', () => {
  const type = 'application/x-www-form-urlencoded';
  const parse = (body: string, contentType: string | undefined = type, query = '') =>
    parseForm(contentType, query, new TextEncoder().encode(body));

  it('is read as RFC 6749 says: a parameter without a value is not there', () => {
    expect([...parse('grant_type=password&scope=&username=a%2Bb&x=1+2')]).toEqual([
      ['grant_type', 'password'],
      ['username', 'a+b'],
      ['x', '1 2'],
    ]);
    expect(parse('a=1', `${type}; charset=UTF-8`).get('a')).toBe('1');
  });

  it('is refused when it could be read in two ways', () => {
    for (const body of ['a=1&a=2', 'a=&a=1', 'a&a=1', '%61=1&a=1', 'a=1&a=1']) {
      expect(() => parse(body), body).toThrow('more than once');
    }
    for (const other of [
      'text/plain',
      'application/json',
      `${type}, text/plain`,
      `${type}; charset=utf-16`,
      '',
    ]) {
      expect(() => parse('a=1', other), other).toThrow('expected application/x-www-form-urlencoded');
    }
    expect(() => parse('a=1', type, '?a=1')).toThrow('into the body');
    expect(() => parseForm(type, '', new Uint8Array([0x61, 0x3d, 0xff]))).toThrow('not UTF-8');
  });
});

describe('a failure budget', () => {
  const limiter = (points: number) => new RateLimiterMemory({ points, duration: 60 });

  it('takes all or none, and what is refused costs nothing', async () => {
    const [wide, narrow] = [limiter(5), limiter(1)];
    const both = [
      { limiter: wide, key: 'a' },
      { limiter: narrow, key: 'a' },
    ];
    expect(await reserveFailure(both)).toMatchObject({ ok: true });
    for (let i = 0; i < 10; i++) expect(await reserveFailure(both)).toMatchObject({ ok: false });
    expect((await wide.get('a'))?.consumedPoints).toBe(1);
    expect((await narrow.get('a'))?.consumedPoints).toBe(1);
  });

  it('gives back what was taken, and never more: not to the next window', async () => {
    vi.useFakeTimers();
    try {
      const budget = { limiter: limiter(3), key: 'a' };
      const first = await reserveFailure([budget]);
      const second = await reserveFailure([budget]);
      if (!first.ok || !second.ok) throw new Error('refused');
      await first.giveBack();
      expect((await budget.limiter.get('a'))?.consumedPoints).toBe(1);
      await vi.advanceTimersByTimeAsync(61_000);
      await second.giveBack();
      const taken = [];
      for (let i = 0; i < 4; i++) taken.push((await reserveFailure([budget])).ok);
      expect(taken).toEqual([true, true, true, false]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets a password be looked at no more often than it has points, however many come at once', async () => {
    const guard = createLoginGuard({ userName: 4 });
    let looks = 0;
    const check = async (): Promise<boolean> => {
      looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return false;
    };
    const callers = Array.from({ length: 50 }, (_, i) => ({ kind: 'signed' as const, id: `client-${i}` }));
    await Promise.all(callers.map((caller) => guard.attempt(caller, 'alice', check)));
    expect(looks).toBe(4);
    // Signed and unsigned callers have nothing in common, and neither have user names.
    expect(await guard.attempt({ kind: 'unsigned', id: '192.0.2.1' }, 'alice', check)).toEqual({
      outcome: 'wrong',
    });
    expect(await guard.attempt({ kind: 'signed', id: 'client-1' }, 'bob', check)).toEqual({
      outcome: 'wrong',
    });
  });

  it('of a caller that logged the user in is spent by that caller alone', async () => {
    const guard = createLoginGuard({ known: 2, userName: 1 });
    const shop = { kind: 'signed', id: 'shop' } as const;
    const attempt = async (
      caller: typeof shop | { kind: 'signed' | 'unsigned'; id: string },
      right: boolean,
    ) => (await guard.attempt(caller, 'alice', () => Promise.resolve(right))).outcome;
    expect(await attempt(shop, true)).toBe('right');
    expect(await attempt({ kind: 'signed', id: 'other' }, false)).toBe('wrong');
    expect(await attempt({ kind: 'signed', id: 'other' }, true)).toBe('too-often');
    // An address that calls itself shop is not shop.
    expect(await attempt({ kind: 'unsigned', id: 'shop' }, false)).toBe('wrong');
    expect(await attempt({ kind: 'unsigned', id: 'shop' }, true)).toBe('too-often');
    expect([await attempt(shop, false), await attempt(shop, false)]).toEqual(['wrong', 'wrong']);
    expect(await attempt(shop, true)).toBe('too-often');
  });
});
