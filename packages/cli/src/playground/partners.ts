/**
 * Who calls the playground's API: three owners, their keys and their plans. The secrets are made at the start, live in
 * memory only, and are never shown.
 */
import { type KeyDirectory, keyring, type Limits, type Secret } from '@countersign/server';

export type Owner = 'acme' | 'globex' | 'initech';
export type KeyId = 'acme_1' | 'globex_1' | 'globex_reader' | 'initech_a' | 'initech_b';

/** The window of most budgets: short, so that a flood is forgotten before the next one. */
export const WINDOW_MS = 5_000;
/** The window of `reports`: shorter, for bursts across its edge. */
export const REPORTS_WINDOW_MS = 2_000;

/** What each budget of the tree holds; the scenarios count on it. */
export const BUDGETS = { owner: 60, orders: 40, reads: 25, writes: 20, tenant: 8, reports: 10 } as const;

export const LIMITS: Limits = {
  '*': `${BUDGETS.owner}/5s`,
  orders: `${BUDGETS.orders}/5s`,
  'orders:read': `${BUDGETS.reads}/5s`,
  'orders:write': `${BUDGETS.writes}/5s`,
  'orders:write:+': `${BUDGETS.tenant}/5s`,
  reports: `${BUDGETS.reports}/2s`,
};

/** For the one whose requests are captured and tampered with: more than buttons can spend. */
const WIDE: Limits = { '*': '600/5s', orders: '400/5s', 'orders:write': '300/5s' };

interface Grant {
  readonly owner: Owner;
  readonly scopes: readonly string[];
  readonly limits?: Limits;
}

const GRANTS: Readonly<Record<KeyId, Grant>> = {
  acme_1: { owner: 'acme', scopes: ['*'] },
  globex_1: { owner: 'globex', scopes: ['*'], limits: WIDE },
  globex_reader: { owner: 'globex', scopes: ['orders:read'], limits: WIDE },
  // Two keys of one owner: they share its budgets.
  initech_a: { owner: 'initech', scopes: ['*'] },
  initech_b: { owner: 'initech', scopes: ['*'] },
};

export interface Partners {
  readonly keys: KeyDirectory;
  /** The secret that a partner signs with now. */
  readonly secretOf: (keyId: KeyId) => Secret;
  /** Sets the secrets that prove a key; its partner signs with the last of them. */
  readonly setSecrets: (keyId: KeyId, secrets: readonly [Secret, ...Secret[]]) => void;
}

export function makePartners(): Partners {
  const ids = Object.keys(GRANTS) as KeyId[];
  const secrets = new Map<KeyId, readonly Secret[]>(ids.map((id) => [id, [makeSecret()]]));
  const makeRing = (): KeyDirectory =>
    keyring(Object.fromEntries(ids.map((id) => [id, { ...GRANTS[id], secrets: secrets.get(id) ?? [] }])));
  let ring = makeRing();
  return {
    keys: { peek: (id) => ring.peek(id), find: (id) => ring.find(id) },
    secretOf: (keyId) => secrets.get(keyId)?.at(-1) ?? '',
    setSecrets: (keyId, active) => {
      secrets.set(keyId, active);
      ring = makeRing();
    },
  };
}

export function makeSecret(): Secret {
  return crypto.getRandomValues(new Uint8Array(32));
}
