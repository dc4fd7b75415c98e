/**
 * The partners of the order API: their keys, what they are granted, and their plans. Each step works with partners of
 * its own, so that no step spends another's budget. Secrets are made for one run and are not in here.
 */
import { randomBytes } from 'node:crypto';
import { formatSecret } from '@countersign/canonical';
import type { Limits } from '@countersign/server';

export interface Partner {
  /** Default: the key's id. */
  readonly owner?: string;
  /** Default: everything. */
  readonly scopes?: readonly string[];
  /** Default: the API's own limits. */
  readonly limits?: Limits;
}

/** What a key without a plan of its own may do. */
export const DEFAULT_LIMITS: Limits = { '*': '2000/s' };

export const PARTNERS = {
  acme: {},
  mallory: { scopes: ['orders'] },
  readonly: { scopes: ['orders:read'] },
  edge_small: { limits: { 'orders:write': '20/s' } },
  edge_large: { limits: { 'orders:write': '200/s' } },
  steady: { limits: { 'orders:write': '20/s' } },
  flooder: { limits: { 'orders:write': '20/s', 'orders:read': '200/s' } },
  twin_a: { owner: 'twins', limits: { orders: '30/s' } },
  twin_b: { owner: 'twins', limits: { orders: '30/s' } },
  reseller: {
    scopes: ['tenants'],
    limits: { 'tenants:write': '12/2s', 'tenants:write:+': '4/2s' },
  },
  explorer: { limits: { 'orders:write': '10/5s' } },
  exporter: { limits: { exports: '12/2s' } },
  patient: { limits: { 'orders:write': '3/s' } },
  // A legal id, and the name of a property that every object has.
  constructor: {},
} as const satisfies Record<string, Partner>;

export type KeyId = keyof typeof PARTNERS;

/** A fresh secret for each key. */
export function makeSecrets(): Readonly<Record<KeyId, string>> {
  const ids = Object.keys(PARTNERS) as KeyId[];
  return Object.fromEntries(ids.map((id) => [id, formatSecret(randomBytes(32))])) as Record<KeyId, string>;
}
