/**
 * An undici request as a signed call: what undici would send is written out first, so that it is what is signed.
 */
import { stringify } from 'node:querystring';
import type { FieldLine } from '@countersign/canonical';
import type { Dispatcher } from 'undici';
import type { CallRules } from '../call-options.js';
import type { Pacer } from '../pacing.js';
import type { SignInput } from '../signature.js';
import { performCall } from '../signed-call.js';
import type { SigningCore } from '../signer.js';
import { dispatchOnce } from './attempt.js';
import { readDispatchBody } from './dispatch-body.js';
import { headerLines } from './header-lines.js';
import type { StableController } from './stable-controller.js';

/** What a request's options may say besides undici's own. */
export interface SignedDispatchOptions {
  /** Default: the signer's. */
  scope?: string;
  /** SHA-256 of the body: 64 lower-case hex digits. A stream that comes with it is sent as it is, and once. */
  digest?: string;
}

/** What an interceptor has made ready. */
export interface Signing {
  readonly core: SigningCore;
  readonly rules: CallRules;
  readonly pacer: Pacer | undefined;
}

type DispatchOptions = Dispatcher.DispatchOptions & SignedDispatchOptions;

/** Errors by which undici says that the request itself is wrong, and that it sent nothing. */
const MISUSE_CODES = new Set<unknown>(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** Carries the call out. What it gives hands the answer to `handler`. */
export async function signedDispatch(
  { core, rules, pacer }: Signing,
  dispatch: Dispatcher.Dispatch,
  given: DispatchOptions,
  origin: string | undefined,
  handler: Dispatcher.DispatchHandler,
  outer: StableController,
): Promise<() => void> {
  const { digest, scope = core.config.scope, query: _, ...rest } = given;
  const path = targetOf(given);
  const body = await readDispatchBody(given.body, digest !== undefined, outer.signal);
  const headers = headerLines(given.headers);
  if (
    body.repeatable &&
    body.contentType !== undefined &&
    !headers.some(([name]) => name.toLowerCase() === 'content-type')
  ) {
    headers.push(['content-type', body.contentType]);
  }
  const request: SignInput = {
    ...head(given.method, path, origin, headers, scope),
    ...(body.content === undefined ? {} : { digest }),
    ...(body.repeatable ? { body: body.content } : {}),
  };
  const call = {
    request,
    repeatable: body.repeatable,
    signal: outer.signal,
    pacing: pacer?.(origin ?? '', scope),
  };
  return performCall(core, rules, call, async (fields) => {
    const sent = { ...rest, path, body: body.content ?? null, headers: flat(headers, fields) };
    try {
      return await dispatchOnce(
        dispatch,
        sent as Dispatcher.DispatchOptions,
        handler,
        outer,
        rules.attemptTimeoutMs,
      );
    } catch (error) {
      if (error instanceof Error && 'code' in error && MISUSE_CODES.has(error.code)) outer.abort(error);
      throw error;
    }
  });
}

/** The options of an upgrade with its signature. */
export function signUpgrade(
  { core }: Signing,
  given: DispatchOptions,
  origin: string | undefined,
): Dispatcher.DispatchOptions {
  const { digest: _, scope = core.config.scope, query: __, ...rest } = given;
  const path = targetOf(given);
  const headers = headerLines(given.headers);
  const { fields } = core.signature(head(given.method, path, origin, headers, scope));
  return { ...rest, path, headers: flat(headers, fields) };
}

function head(
  method: string,
  target: string,
  origin: string | undefined,
  headers: readonly FieldLine[],
  scope: string,
): SignInput {
  return { method, target, headers, scope, ...(origin === undefined ? {} : { url: origin }) };
}

/** The path with `query`, as undici joins them. */
function targetOf({ path, query }: DispatchOptions): string {
  const text = query ? stringify(query) : '';
  if (text !== '' && /[?#]/.test(path))
    throw new TypeError('query: the path has a "?" or "#" already; give the query in one place');
  return text === '' ? path : `${path}?${text}`;
}

/** undici's flat form, with the added fields in place of any of their names. */
function flat(lines: readonly FieldLine[], added: Record<string, string>): string[] {
  const kept = lines.filter(([name]) => !Object.hasOwn(added, name.toLowerCase()));
  return [...kept, ...Object.entries(added)].flat();
}
