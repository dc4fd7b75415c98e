import { describe, expect, it } from 'vitest';
import { createConsole, type Scenario } from '../src/index.js';
import { serveConsole } from './support/served.js';

function scenario(over: Partial<Scenario> = {}): Scenario {
  return { id: 'replay', title: 'Replay', what: 'Sends it twice.', run: async () => 'refused', ...over };
}

function post(base: string, id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/scenarios/${id}`, { method: 'POST', headers: { origin: base, ...headers } });
}

describe('scenarios', () => {
  it('are listed without what they run, and fired by a POST that says what came of it', async () => {
    const { base } = await serveConsole({ scenarios: [scenario()] });
    const list = await fetch(`${base}/scenarios`);
    expect(list.headers.get('cache-control')).toBe('no-store');
    expect(await list.json()).toEqual([{ id: 'replay', title: 'Replay', what: 'Sends it twice.' }]);
    const fired = await post(base, 'replay');
    expect(fired.headers.get('cache-control')).toBe('no-store');
    expect(await fired.json()).toEqual({ ok: true, outcome: 'refused' });
  });

  it('are not fired from another origin, by any kind of request that a page could send', async () => {
    let runs = 0;
    const run = async () => String(++runs);
    const { base } = await serveConsole({ scenarios: [scenario({ run })] });
    const kinds: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${base}0` },
      { origin: 'https://evil.example', 'content-type': 'text/plain' },
      { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
      { origin: 'https://evil.example', 'content-type': 'multipart/form-data; boundary=x' },
      { origin: 'https://evil.example', 'content-type': 'application/json' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of kinds) {
      const { status } = await post(base, 'replay', headers);
      expect([headers, status === 403 || status === 415]).toEqual([headers, true]);
    }
    expect((await fetch(`${base}/scenarios/replay`, { method: 'POST' })).status).toBe(403);
    expect((await fetch(`${base}/scenarios/replay`)).status).toBe(404);
    const preflight = await fetch(`${base}/scenarios/replay`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    expect(runs).toBe(0);
  });

  it('run once at a time each, and several side by side', async () => {
    let release = (): void => undefined;
    const held = new Promise<string>((resolve) => {
      release = () => resolve('done');
    });
    const { base } = await serveConsole({
      scenarios: [scenario({ run: () => held }), scenario({ id: 'other' })],
    });
    const first = post(base, 'replay');
    await expect.poll(async () => (await post(base, 'replay')).status).toBe(409);
    expect(await (await post(base, 'other')).json()).toEqual({ ok: true, outcome: 'refused' });
    release();
    expect(await (await first).json()).toEqual({ ok: true, outcome: 'done' });
    expect((await post(base, 'replay')).status).toBe(200);
  });

  it('say why they could not be carried out, without a secret, and cut short', async () => {
    const secret = 'cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
    const { base } = await serveConsole({
      scenarios: [
        scenario({ run: () => Promise.reject(new Error(`nobody at redis://app:hunter2@db with ${secret}`)) }),
        scenario({
          id: 'throws',
          run: () => {
            throw 'a text';
          },
        }),
        scenario({ id: 'long', run: async () => 'x'.repeat(10_000) }),
      ],
    });
    expect(await (await post(base, 'replay')).json()).toEqual({
      ok: false,
      outcome: 'nobody at redis://…db with …',
    });
    expect(await (await post(base, 'throws')).json()).toEqual({ ok: false, outcome: 'a text' });
    expect((await (await post(base, 'long')).json()).outcome).toHaveLength(160);
  });

  it('are ended when the console is closed, also when they do not heed their signal', async () => {
    let aborted = false;
    const { base, close } = await serveConsole({
      scenarios: [
        scenario({
          run: (signal) =>
            new Promise(() => {
              signal.addEventListener('abort', () => {
                aborted = true;
              });
            }),
        }),
      ],
    });
    const fired = post(base, 'replay');
    await expect.poll(async () => (await post(base, 'replay')).status).toBe(409);
    close();
    expect(await (await fired).json()).toEqual({ ok: false, outcome: 'It was ended before it was done.' });
    expect(aborted).toBe(true);
  });

  it.each([[['']], [['UPPER']], [['a/b']], [['x'.repeat(65)]], [['one', 'one']]])(
    'need ids that can stand in an address, each once: %j',
    (ids) => {
      expect(() => createConsole({ scenarios: ids.map((id) => scenario({ id })) })).toThrow(RangeError);
    },
  );
});
