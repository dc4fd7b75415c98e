/**
 * The playground: the API on a socket of its own, loopback only, its partners, and what is sent to it. Verdicts go to
 * whoever watches; what is tried, and what must come of it, stands in the scenarios.
 */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSigner, type Signer, type SignerOptions } from '@countersign/client';
import { createVerifier, type VerdictEvent, type Verifier, type VerifierOptions } from '@countersign/server';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { listenOn } from './listen.js';
import { createOrderApi } from './order-api.js';
import { type KeyId, LIMITS, makePartners, type Owner, type Partners, WINDOW_MS } from './partners.js';

interface PlaygroundOptions {
  readonly onVerdict: (event: VerdictEvent) => void;
  /** Makes the verifier; given to see that the scenarios notice a broken one. Default `createVerifier`. */
  readonly makeVerifier?: (options: VerifierOptions) => Verifier;
}

export interface Playground {
  readonly port: number;
  /** How it is addressed, and the audience of what is signed for it. */
  readonly authority: string;
  readonly partners: Partners;
  readonly signer: (keyId: KeyId, options?: Partial<SignerOptions>) => Signer;
  readonly executionsOf: (call: string) => number;
  /** Waits until nothing in an owner's budgets is in use. */
  readonly rested: (owner: Owner, signal: AbortSignal) => Promise<void>;
  /** Waits until this machine's address has refusals left, as a stranger's. */
  readonly forgiven: (signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How many refusals of strangers an address has. */
export const STRANGERS = { limit: 150, windowMs: 3_000 } as const;
/** A scenario that has strangers refused needs no more of them than this. */
const STRANGERS_NEEDED = 50;
const LOOPBACK = '127.0.0.1';

export async function openPlayground({
  onVerdict,
  makeVerifier = createVerifier,
}: PlaygroundOptions): Promise<Playground> {
  let app: Hono | undefined;
  const server = createAdaptorServer({
    fetch: (request, bindings) => app?.fetch(request, bindings) ?? new Response(null, { status: 503 }),
  }) as Server;
  const port = await listenOn(server, LOOPBACK, 0);
  const authority = `${LOOPBACK}:${port}`;
  const partners = makePartners();
  const admittedAtMs = new Map<string, number>();
  let strangersAtMs: number[] = [];
  const verifier = makeVerifier({
    audience: authority,
    keys: partners.keys,
    limits: LIMITS,
    failures: STRANGERS,
    onVerdict: (event) => {
      const { code, proved, owner = '' } = event;
      if (code === 'admitted') admittedAtMs.set(owner, performance.now());
      if (!proved) strangersAtMs.push(performance.now());
      onVerdict(event);
    },
  });
  const api = createOrderApi(verifier);
  app = api.app;

  const recentStrangers = (): number => {
    const sinceMs = performance.now() - STRANGERS.windowMs;
    strangersAtMs = strangersAtMs.filter((atMs) => atMs > sinceMs);
    return strangersAtMs.length;
  };
  return {
    port,
    authority,
    partners,
    signer: (keyId, options = {}) =>
      createSigner({ keyId, secret: partners.secretOf(keyId), audience: authority, ...options }),
    executionsOf: api.executionsOf,
    rested: async (owner, signal) => {
      const restedAtMs = (admittedAtMs.get(owner) ?? Number.NEGATIVE_INFINITY) + WINDOW_MS + 1;
      const waitMs = restedAtMs - performance.now();
      if (waitMs > 0) await sleep(Math.ceil(waitMs), undefined, { signal });
    },
    forgiven: async (signal) => {
      while (recentStrangers() > STRANGERS.limit - STRANGERS_NEEDED) await sleep(100, undefined, { signal });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await verifier.close();
    },
  };
}
