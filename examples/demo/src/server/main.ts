/**
 * The server process: an order API on HTTP, loopback only. It is told its settings over IPC, says when it listens, and
 * ends with its orchestrator. It keeps a journal of what it did and checks nothing itself.
 */
import type { AddressInfo } from 'node:net';
import {
  createVerifier,
  type KeyConfig,
  keyring,
  memoryStore,
  type Store,
  type Verifier,
} from '@countersign/server';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { DEFAULT_LIMITS, type KeyId, PARTNERS } from '../partners.js';
import { type Journal, openJournal } from './journal.js';
import type { FromServer, ServerSettings, ToServer } from './messages.js';
import { createOrderApi } from './order-api.js';
import { sabotageStore } from './sabotage.js';

const A_DAY_MS = 86_400_000;
const BODY_TIMEOUT_MS = 600;
const MAX_BODY_BYTES = 256 * 1024;

let api: Hono | undefined;
let verifier: Verifier | undefined;

process.on('message', (message: ToServer) => {
  if (message.type === 'start') start(message.settings);
  else void stop();
});
process.on('disconnect', () => process.exit());
if (!process.connected) process.exit();

function start(settings: ServerSettings): void {
  const server = createAdaptorServer({
    fetch: (request, bindings) => api?.fetch(request, bindings) ?? new Response(null, { status: 503 }),
  });
  server.listen(settings.port, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    const warnings: string[] = [];
    try {
      const journal = openJournal(settings.journalFile);
      verifier = makeVerifier(settings, port, journal, (warning) => warnings.push(warning));
      api = createOrderApi(verifier, journal, settings.sabotage === 'digest' ? 'stream' : 'buffer');
      tell({ type: 'listening', port, warnings });
    } catch (error) {
      tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  });
  server.on('error', (error) => tell({ type: 'failed', message: error.message }));
}

async function stop(): Promise<void> {
  api = undefined;
  await verifier?.close();
  process.exit();
}

function makeVerifier(
  { audience, tolerance, horizonFile, secrets, watched, sabotage }: ServerSettings,
  port: number,
  journal: Journal,
  onWarning: (warning: string) => void,
): Verifier {
  const clock = { readingMs: 0 };
  const life = process.pid;
  const persistent = horizonFile !== undefined && sabotage !== 'horizon-file';
  const memory = memoryStore({ onWarning, ...(persistent ? { horizonFile } : {}) });
  return createVerifier({
    keys: keyring(keys(secrets, sabotage === 'owners')),
    audience: [...audience, `127.0.0.1:${port}`],
    store: recording(sabotageStore(memory, sabotage), journal, life, clock),
    limits: DEFAULT_LIMITS,
    tolerance: sabotage === 'tolerance' ? { ...tolerance, pastMs: A_DAY_MS } : tolerance,
    maxBodyBytes: MAX_BODY_BYTES,
    bodyTimeoutMs: BODY_TIMEOUT_MS,
    failures: { limit: 120, windowMs: 2_000 },
    monotonicNow: () => {
      clock.readingMs = performance.now();
      return clock.readingMs;
    },
    onVerdict: (event) => {
      journal({ kind: 'verdict', code: event.code });
      if (watched) tell({ type: 'verdict', event });
    },
  });

  function keys(secrets: Readonly<Record<KeyId, string>>, ownersApart: boolean): Record<string, KeyConfig> {
    const configs: Record<string, KeyConfig> = {};
    for (const id of Object.keys(PARTNERS) as KeyId[]) {
      const { owner = id, scopes = ['*'], limits } = PARTNERS[id];
      const plan = sabotage === 'limits' ? {} : limits;
      configs[id] = { secret: secrets[id], owner: ownersApart ? id : owner, scopes, limits: plan };
    }
    return configs;
  }
}

/** Journals admissions with the very reading of the clock by which the store decided. */
function recording(store: Store, journal: Journal, life: number, clock: { readingMs: number }): Store {
  return {
    ...store,
    admit: (admission) => {
      const result = store.admit(admission);
      if (result instanceof Promise) return result.then((late) => note(late));
      return note(result);

      function note<Result extends { readonly outcome: string }>(result: Result): Result {
        const { key, owner, charges } = admission;
        const nonce = Buffer.from(admission.nonce).toString('hex');
        if (result.outcome === 'admitted') {
          journal({ kind: 'admission', life, atMs: clock.readingMs, key, owner, nonce, charges });
        }
        return result;
      }
    },
  };
}

function tell(message: FromServer): void {
  process.send?.(message);
}
