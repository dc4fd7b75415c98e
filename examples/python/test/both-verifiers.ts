/** One configuration and one clock, a verifier in each language, and what both make of a request. */
import {
  createVerifier,
  type IncomingRequest,
  type KeyConfig,
  keyring,
  type Limits,
  memoryStore,
  type VerifierOptions,
} from '@countersign/server';
import type { PythonChild } from './python-child.js';

export interface Configuration {
  /** `null`: whatever was addressed. */
  readonly audience: VerifierOptions['audience'] | null;
  readonly keys: Readonly<Record<string, PlainKey>>;
  readonly limits?: Limits;
  readonly field?: string;
  readonly requireSigned?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly failures?: { readonly limit: number; readonly windowMs: number };
  readonly receipts?: boolean;
}

export interface PlainKey {
  readonly secrets: readonly (readonly [secret: string, expiresAt: number | null])[];
  readonly scopes: readonly string[];
  readonly owner?: string;
  readonly limits?: Limits;
  readonly notBefore?: number;
  readonly expiresAt?: number;
  readonly disabled?: boolean;
}

export interface PlainRoute {
  readonly scope?: string;
  readonly children?: boolean;
  readonly cost?: number;
}

export type PlainRequest = IncomingRequest & { readonly headers: readonly (readonly [string, string])[] };

/** What a verifier said, with its words for people left out. */
export interface Said {
  readonly code: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly problem: Readonly<Record<string, unknown>>;
  readonly scope: string | null;
  readonly owner: string | null;
}

export interface Time {
  nowMs: number;
  atMs: number;
}

export type Both = (
  request: PlainRequest,
  body: Uint8Array,
  route?: PlainRoute,
) => Promise<{ python: Said; typescript: Said }>;

let verifiers = 0;

/** @param any the value of `ANY_HOST` */
export async function bothVerifiers(
  child: PythonChild,
  time: Time,
  config: Configuration,
  any: VerifierOptions['audience'],
): Promise<Both> {
  const id = `verifier ${verifiers++}`;
  const { audience, keys, limits, field, requireSigned, maxBodyBytes, failures, receipts } = config;
  const verifier = createVerifier({
    audience: audience ?? any,
    keys: keyring(
      Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, keyConfig(key)] as const)),
    ),
    store: memoryStore(),
    now: () => time.nowMs,
    monotonicNow: () => time.atMs,
    ...(limits === undefined ? {} : { limits }),
    ...(field === undefined ? {} : { header: field }),
    ...(requireSigned === undefined ? {} : { requireSigned }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    ...(failures === undefined ? {} : { failures }),
    ...(receipts === undefined ? {} : { receipts }),
  });
  await child.ask({
    task: 'verifier',
    id,
    ...time,
    options: {
      audience,
      keys: Object.entries(keys).map(([name, key]) => [name, pythonKey(key)]),
      more: {
        limits: limits ?? {},
        field: field ?? 'authorization',
        require_signed: requireSigned ?? [],
        max_body_bytes: maxBodyBytes ?? 1 << 20,
        failures: failures === undefined ? [60, 60_000] : [failures.limit, failures.windowMs],
        receipts: receipts ?? false,
      },
    },
  });

  return async (request, body, route = {}) => {
    const asked = child.ask<PythonOutcome>({
      task: 'verify',
      id,
      ...time,
      ...request,
      body: Buffer.from(body).toString('base64'),
      route,
    });
    // Both are asked before either is waited for, so that a history may be sent at once.
    const [verdict, python] = await Promise.all([verifier.verify(request, { ...route, body }), asked]);
    const { headers, ...more } = verdict.ok
      ? { headers: verdict.headers, code: 'admitted', status: 200, problem: {} }
      : { headers: verdict.headers, code: verdict.code, status: verdict.status, problem: verdict.problem };
    const admitted = verdict.ok ? { scope: verdict.scope, owner: verdict.key.owner } : NOBODY;
    return {
      python: {
        code: python.code,
        status: python.status,
        fields: told(python.headers),
        problem: withoutWords(python.problem ?? {}),
        ...(python.code === 'admitted' ? { scope: python.scope, owner: python.owner } : NOBODY),
      },
      typescript: {
        code: more.code,
        status: more.status,
        fields: told(Object.entries(headers)),
        problem: withoutWords(more.problem),
        ...admitted,
      },
    };
  };
}

interface PythonOutcome {
  readonly code: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly problem: Readonly<Record<string, unknown>> | null;
  readonly scope: string | null;
  readonly owner: string | null;
}

const NOBODY = { scope: null, owner: null };

/** The fields of a verdict. Those of caching are the adapter's where a request is admitted. */
function told(fields: Iterable<readonly [string, string]>): Record<string, string> {
  const own = [...fields].map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(
    own.filter(([name, value]) => name !== 'vary' && !(name === 'cache-control' && value === 'private')),
  );
}

function withoutWords({
  title,
  detail,
  ...rest
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...rest, hasWords: typeof title === 'string' && typeof detail === 'string' };
}

function keyConfig({ secrets, ...rest }: PlainKey): KeyConfig {
  return {
    ...rest,
    secrets: secrets.map(([secret, expiresAt]) => (expiresAt === null ? secret : { secret, expiresAt })),
  };
}

function pythonKey({ notBefore, expiresAt, ...rest }: PlainKey): object {
  return {
    ...rest,
    ...(notBefore === undefined ? {} : { not_before: notBefore }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}
