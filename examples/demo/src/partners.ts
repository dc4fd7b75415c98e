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

export type KeyId =
  | 'acme'
  | 'constructor'
  | 'edge_large'
  | 'edge_small'
  | 'explorer'
  | 'exporter'
  | 'flooder'
  | 'patient'
  | 'reader'
  | 'reseller'
  | 'steady'
  | 'twin_a'
  | 'twin_b';

const TWINS: Partner = { owner: 'twins', limits: { orders: '10/s' } };

export const PARTNERS: Readonly<Record<KeyId, Partner>> = {
  acme: {},
  // A legal id, and the name of a property that every object has.
  constructor: {},
  edge_large: { limits: { exports: '130/s' } },
  edge_small: { limits: { 'orders:write': '10/s' } },
  explorer: { limits: { orders: '10/5s' } },
  exporter: { limits: { exports: '12/2s' } },
  flooder: { limits: { 'orders:write': '10/s', 'orders:read': '400/s' } },
  patient: { limits: { 'orders:write': '3/s' } },
  reader: { scopes: ['orders:read'] },
  reseller: { scopes: ['tenants'], limits: { 'tenants:write': '12/2s', 'tenants:write:+': '4/2s' } },
  steady: { limits: { 'orders:write': '20/s' } },
  twin_a: TWINS,
  twin_b: TWINS,
};

export type Secrets = Readonly<Record<KeyId, string>>;

/** A fresh secret for each key. */
export function makeSecrets(): Secrets {
  const secrets = Object.keys(PARTNERS).map((id) => [id, formatSecret(randomBytes(32))]);
  return Object.fromEntries(secrets) as Secrets;
}
