/** What every adapter does with hostile bytes: a clean refusal or a closed connection, and it lives. */
import { expect, it } from 'vitest';
import type { AdapterUnderTest } from './adapter.js';
import { hostileRequests } from './hostile.js';
import { signNow, watchedVerifier } from './verifier.js';
import { exchange, sendSigned } from './wire.js';

const TARGET = '/v1/orders';
const UNSEEN_FIELD = /where the application cannot see it$/;

export function describeHostileBytes({ serve, fetchOnly = false }: AdapterUnderTest): void {
  for (const { name } of hostileRequests(TARGET)) {
    if (fetchOnly && UNSEEN_FIELD.test(name)) continue;
    it(`admits nothing and lives: ${name}`, async () => {
      for (const body of ['buffer', 'stream'] as const) {
        const { verifier, admitted } = watchedVerifier({ bodyTimeoutMs: 200 });
        const port = await serve({ verifier, options: { body } });
        const hostile = hostileRequests(TARGET).find((request) => request.name === name);
        if (hostile === undefined) throw new Error('unreachable');
        const { answers, closed } = await exchange(port, hostile.pieces, {
          answers: 1,
          // An answer or the end of the connection comes first, however slow the machine is.
          silenceMs: 20_000,
          ...hostile.options,
        });
        for (const { status } of answers) expect(status, `${name}, ${body}`).toBeGreaterThanOrEqual(400);
        expect(answers.every(({ status }) => status < 500)).toBe(true);
        expect(answers.length > 0 || closed || hostile.options?.thenDestroy === true).toBe(true);
        // A streamed body is charged before it is seen to be wrong; nothing else ever is.
        if (body === 'buffer') expect(admitted()).toBe(0);
        expect((await sendSigned(port, signNow())).status).toBe(200);
      }
    });
  }
}
