/** Verdicts to feed a console with. */
import type { VerdictEvent } from '@countersign/server';

export function verdict(over: Partial<VerdictEvent> = {}): VerdictEvent {
  return {
    code: 'admitted',
    status: 200,
    atMs: Date.now(),
    durationMs: 0.25,
    method: 'GET',
    target: '/v1/orders',
    address: '192.0.2.1',
    keyId: 'key_1',
    proved: true,
    owner: 'acme',
    scope: 'orders',
    ...over,
  };
}

/** A verdict on somebody who proved nothing. */
export function stranger(over: Partial<VerdictEvent> = {}): VerdictEvent {
  const { owner: _, scope: __, ...rest } = verdict({ code: 'invalid-signature', status: 401, proved: false });
  return { ...rest, ...over };
}
