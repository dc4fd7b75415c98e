/** The Live page with three minutes of traffic, as pictures. `COUNTERSIGN_SCREENSHOTS=1` puts them into docs. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Scenario } from '../src/index.js';
import { colourOf, type LivePage, openLive, painted, soon } from './support/live-page.js';
import { liveThreeMinutes } from './support/three-minutes.js';
import { verdict } from './support/verdicts.js';

const MAX_BYTES = 200_000;
const VIEWPORT = { width: 1360, height: 960 };
const OTHERS: readonly Scenario[] = [
  ['tamper', 'Change an amount', 'Alters the query of a signed request.'],
  ['flood', 'Flood', 'Sends 400 orders at once for one partner.'],
  ['lift', 'Lift a scope', 'Signs for reports, asks for orders.'],
].map(([id = '', title = '', what = '']) => ({ id, title, what, run: async () => '' }));

describe('a picture of the Live page', () => {
  it.each([
    ['light', 'console-live.png'],
    ['dark', 'console-live-dark.png'],
  ] as const)('in %s shows every class, the budgets and what came of a scenario', async (scheme, name) => {
    const live = await openAfterThreeMinutes(scheme);
    await soon(() => live.page.locator('.owner').count()).toBe(3);
    await soon(live.rows).toBe(100);
    for (const id of ['admitted', 'replayed', 'tampered', 'limited', 'stale', 'forbidden', 'malformed']) {
      const colour = await colourOf(live, id);
      expect([id, ((await painted(live, '#lane-plot'))[0]?.[colour] ?? 0) > 5]).toEqual([id, true]);
      expect([id, await live.count(id)]).not.toEqual([id, 0]);
    }
    expect(await live.count('admitted')).toBeGreaterThan(1_000);
    await live.page.click('[data-scenario="replay"]');
    await live.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await live.page.mouse.move(0, 0);
    await soon(() => live.page.textContent('#sentence')).toMatch(/replays/);
    const path = picturePath(name);
    await live.page.screenshot({ path });
    expect(statSync(path).size).toBeLessThanOrEqual(MAX_BYTES);
    live.expectClean();
  });
});

function openAfterThreeMinutes(colorScheme: 'light' | 'dark'): Promise<LivePage> {
  // The console's clock stands still until a page asks for it: a busy machine takes a while to open one.
  let endedAt: number | undefined;
  let openedAt: number | undefined;
  const now = (): number => {
    if (endedAt === undefined) return Date.now();
    openedAt ??= performance.now();
    return endedAt + performance.now() - openedAt;
  };
  let fire = (): void => undefined;
  const replay: Scenario = {
    id: 'replay',
    title: 'Replay a request',
    what: 'Captures one order and sends it five times.',
    run: async () => {
      fire();
      return '1 admitted, 4 refused: replayed-nonce';
    },
  };
  return openLive(
    { scenarios: [replay, ...OTHERS], now },
    { colorScheme, viewport: VIEWPORT },
    async ({ onVerdict }) => {
      endedAt = await liveThreeMinutes(onVerdict);
      fire = () => {
        const event = verdict({ atMs: now(), method: 'POST', owner: 'nordwind', durationMs: 0.06 });
        onVerdict(event);
        for (let i = 0; i < 4; i++) onVerdict({ ...event, code: 'replayed-nonce', status: 409 });
      };
    },
  );
}

function picturePath(name: string): string {
  if (process.env['COUNTERSIGN_SCREENSHOTS'] !== undefined) {
    return fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
  }
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}
