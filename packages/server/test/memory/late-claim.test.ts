import { setTimeout as pass } from 'node:timers/promises';
import { signHead, TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { expect, it, vi } from 'vitest';
import { createVerifier, keyring, memoryStore } from '../../src/index.js';
import type { MarkFile } from '../../src/memory/mark-file.js';

const T = 1_763_750_000_000;
/** Ends the write that the disk has been at since the first. */
let endWrite: (() => void) | undefined;

vi.mock('#horizon-file', () => ({
  openHorizonFile: (path: string): MarkFile => ({
    path,
    intact: true,
    marks: [T - 50_000, T - 40_000],
    write: () =>
      endWrite === undefined ? new Promise<void>((resolve) => (endWrite = resolve)) : Promise.resolve(),
    close: () => {},
  }),
}));

it('a claim that waits for the disk does not take effect after the deadline: what was refused leaves no nonce', async () => {
  const store = memoryStore({ horizonFile: 'a.mark', onWarning: () => {} });
  const verifier = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['orders'] } }),
    audience: TEST_AUDIENCE,
    now: () => T,
    monotonicNow: () => 0,
    limits: { '*': '1/m' },
    store,
    storeTimeoutMs: 30,
  });
  const head = signHead({ signedAtMs: T });
  const send = async () => verifier.verify(head, { scope: 'orders', body: head.body });
  expect(await send()).toMatchObject({ ok: false, code: 'store-unavailable' });
  endWrite?.();
  await pass(10);
  expect(store.size).toBe(0);
  expect(await send()).toMatchObject({ ok: true });
});
