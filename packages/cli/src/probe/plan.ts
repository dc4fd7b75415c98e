/** What a probe was asked to do: its options, checked. */
import { type FieldLine, requireAuthority, signatureFieldName } from '@countersign/canonical';
import type { Credentials } from '../credentials.js';
import { readHeaderLines } from '../request/header-lines.js';
import { requestUrl } from '../request/request-url.js';
import { asUsage, UsageError } from '../terminal/usage-error.js';
import { type Budget, parseBudget } from './budget.js';
import { type Endpoint, findEndpoint } from './endpoint.js';

/** What commander makes of the options. */
export interface ProbeOptions {
  readonly audience?: string;
  readonly scope?: string;
  readonly H?: readonly string[];
  readonly header?: string;
  readonly also?: readonly string[];
  readonly limit?: string;
  readonly otherInstance?: readonly string[];
  readonly otherScope?: string;
  readonly children?: true;
  readonly wait?: string;
  readonly rate?: string;
  readonly only?: readonly string[];
  readonly yes?: true;
  readonly json?: true;
  readonly junit?: string;
}

export interface Plan {
  readonly credentials: Credentials;
  readonly method: string;
  readonly url: URL;
  /** Path and query of `url`. */
  readonly target: string;
  readonly body: Buffer;
  /** Fields beside Host, Content-Length and the signature. */
  readonly headers: readonly FieldLine[];
  readonly scope: string;
  /** The authority that is signed. */
  readonly audience: string;
  readonly signatureField: string;
  readonly endpoint: Endpoint;
  readonly instances: readonly Endpoint[];
  /** Targets of further routes of the same service. */
  readonly also: readonly string[];
  readonly limit: Budget | undefined;
  /** A scope that the key is granted and the route is not for. */
  readonly otherScope: string | undefined;
  /** Whether the route takes scopes below its own. */
  readonly children: boolean;
  /** How long a replay is held back. */
  readonly waitMs: number;
  /** Absent: no bound. */
  readonly requestsPerSecond: number | undefined;
}

const DEFAULT_WAIT_S = 3;
const DEFAULT_REMOTE_RATE = 20;
const FRAMING = new Set(['content-length', 'transfer-encoding']);

/**
 * @param words what was named: without a method it is GET, or POST where there is a body
 * @throws UsageError that names the option
 */
export async function readPlan(
  words: { readonly method: string | undefined; readonly url: string; readonly body: Buffer | undefined },
  options: ProbeOptions,
  credentials: Credentials,
): Promise<Plan> {
  const url = requestUrl(words.url);
  const body = words.body ?? Buffer.alloc(0);
  const method = words.method ?? (words.body === undefined ? 'GET' : 'POST');
  const signatureField = asUsage('--header', () => signatureFieldName(options.header));
  const headers = readFields(options.H ?? [], signatureField);
  if (body.length > 0 && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['content-type', 'application/json']);
  }
  const instances = options.otherInstance ?? [];
  const [endpoint, ...others] = await Promise.all(
    [url, ...instances.map((text) => asUsage('--other-instance', () => requestUrl(text)))].map(findEndpoint),
  );
  if (endpoint === undefined) throw new UsageError('URL: needed');
  const { limit, rate } = options;
  const allLoopback = [endpoint, ...others].every(({ loopback }) => loopback);
  return {
    credentials,
    method,
    url,
    target: url.pathname + url.search,
    body,
    headers,
    scope: options.scope ?? '',
    audience: asUsage('--audience', () => requireAuthority('audience', options.audience ?? url.host)),
    signatureField,
    endpoint,
    instances: others,
    also: (options.also ?? []).map((text) => readAlso(text, url)),
    limit: limit === undefined ? undefined : parseBudget(limit),
    otherScope: options.otherScope,
    children: options.children ?? false,
    waitMs: readNumber('--wait', options.wait ?? String(DEFAULT_WAIT_S)) * 1000,
    requestsPerSecond:
      rate === undefined ? (allLoopback ? undefined : DEFAULT_REMOTE_RATE) : readNumber('--rate', rate),
  };
}

function readFields(given: readonly string[], signatureField: string): FieldLine[] {
  const { lines } = readHeaderLines(given);
  for (const [name] of lines) {
    const lowerCase = name.toLowerCase();
    if (lowerCase === 'host')
      throw new UsageError("-H: the URL names the Host, --audience the verifier's name");
    if (lowerCase === signatureField)
      throw new UsageError(`-H: ${name} carries the signature; name another field by --header`);
    if (FRAMING.has(lowerCase)) throw new UsageError(`-H: ${name} is written by the probe itself`);
  }
  return [...lines];
}

function readAlso(text: string, base: URL): string {
  const url = URL.canParse(text, base.href) ? new URL(text, base) : undefined;
  if (url?.origin !== base.origin) {
    throw new UsageError(`--also: ${JSON.stringify(text)} is not a path or URL of ${base.origin}`);
  }
  return url.pathname + url.search;
}

function readNumber(option: string, text: string): number {
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new UsageError(`${option}: ${JSON.stringify(text)} is not a number above 0`);
}
