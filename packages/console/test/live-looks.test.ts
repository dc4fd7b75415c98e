/** The Live page with three minutes of traffic, as pictures. `COUNTERSIGN_SCREENSHOTS=1` puts them into docs. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Scenario } from '../src/index.js';
import { colourOf, openLive, painted, soon } from './support/live-page.js';
import { liveThreeMinutes } from './support/three-minutes.js';

const MAX_BYTES = 200_000;
const SCENARIOS: readonly Scenario[] = [
  [
    'replay',
    'Replay a request',
    'Captures one order and sends it five times.',
    '1 admitted, 4 refused: replayed-nonce',
  ],
  ['tamper', 'Change an amount', 'Alters the query of a signed request.', 'refused: invalid-signature'],
  ['flood', 'Flood', 'Sends 400 orders at once for one partner.', ''],
  ['lift', 'Lift a scope', 'Signs for reports, asks for orders.', ''],
].map(([id = '', title = '', what = '', outcome = '']) => ({ id, title, what, run: async () => outcome }));

describe('a picture of the Live page', () => {
  it.each([
    ['light', 'console-live.png'],
    ['dark', 'console-live-dark.png'],
  ] as const)(
    'in %s shows every class, the budgets and what came of a scenario',
    async (colorScheme, name) => {
      const viewport = { width: 1360, height: 960 };
      const live = await openLive({ scenarios: SCENARIOS }, { colorScheme, viewport }, ({ onVerdict }) =>
        liveThreeMinutes(onVerdict),
      );
      await live.page.click('[data-scenario="replay"]');
      await soon(() => live.page.locator('output').first().textContent()).toMatch(/replayed-nonce/);
      await soon(() => live.page.locator('.owner').count()).toBe(3);
      await soon(live.rows).toBe(100);
      for (const id of ['admitted', 'replayed', 'tampered', 'limited', 'stale', 'forbidden', 'malformed']) {
        const colour = await colourOf(live, id);
        expect([id, ((await painted(live, '#lane-plot'))[0]?.[colour] ?? 0) > 5]).toEqual([id, true]);
        expect([id, await live.count(id)]).not.toEqual([id, 0]);
      }
      expect(await live.count('admitted')).toBeGreaterThan(1_000);
      await live.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await live.page.mouse.move(0, 0);
      await soon(() => live.page.textContent('#sentence')).toMatch(/In the last ten seconds/);
      const path = picturePath(name);
      await live.page.screenshot({ path });
      expect(statSync(path).size).toBeLessThanOrEqual(MAX_BYTES);
      live.expectClean();
    },
  );
});

function picturePath(name: string): string {
  if (process.env['COUNTERSIGN_SCREENSHOTS'] !== undefined) {
    return fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
  }
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}
