/** A steady load: calls of the signed fetch, by keys of several owners, to all processes; and what became of each. */
import { CountersignError, createFetch, createSigner, type Outcome } from '@countersign/client';
import { AUDIENCE, type Keys } from './services.js';
import type { Wire } from './wire.js';

export interface Call {
  readonly id: string;
  readonly key: string;
  readonly port: number;
  readonly beganMs: number;
  /** Undefined as long as it is under way. */
  endedMs?: number;
  /** Of the answer that it ended with. */
  status?: number;
  /** What it ended with instead. */
  error?: { readonly name: string; readonly outcome: Outcome | undefined; readonly message: string };
}

export interface Load {
  readonly calls: readonly Call[];
  /** Begins no more; resolves when all have ended, or after `withinMs`. */
  stop(withinMs: number): Promise<void>;
}

/**
 * @param name begins the id of every call
 * @param perSecond calls that begin in a second, whatever becomes of the earlier ones
 */
export function startLoad(
  name: string,
  wire: Wire,
  keys: Keys,
  ports: readonly number[],
  perSecond: number,
): Load {
  const calls: Call[] = [];
  const running = new Set<Promise<void>>();
  const clients = Object.entries(keys).map(([key, { secret }]) => ({
    key,
    fetch: createFetch(createSigner({ keyId: key, secret, audience: AUDIENCE }), { fetch: wire.fetch }),
  }));

  const callOnce = async (index: number): Promise<void> => {
    const round = Math.floor(index / clients.length);
    const client = clients[index % clients.length];
    const port = ports[round % ports.length];
    if (client === undefined || port === undefined) throw new RangeError('no keys, or no processes');
    const call: Call = { id: `${name}-${index}`, key: client.key, port, beganMs: Date.now() };
    calls.push(call);
    const post = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: `order ${index}` };
    try {
      const response = await client.fetch(
        `http://127.0.0.1:${port}/v1/orders?call=${call.id}`,
        (index + round) % 2 === 0 ? post : {},
      );
      await response.text();
      call.status = response.status;
    } catch (error) {
      const { name, message } = error as Error;
      call.error = { name, message, outcome: error instanceof CountersignError ? error.outcome : undefined };
    }
    call.endedMs = Date.now();
  };

  const startedMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1_000) * perSecond;
    while (calls.length < due) {
      const call = callOnce(calls.length).finally(() => running.delete(call));
      running.add(call);
    }
  }, 5);
  return {
    calls,
    stop: async (withinMs) => {
      clearInterval(timer);
      let limit: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        Promise.all(running),
        new Promise((resolve) => {
          limit = setTimeout(resolve, withinMs);
        }),
      ]);
      clearTimeout(limit);
    },
  };
}
