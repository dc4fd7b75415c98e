/**
 * A client process: a partner's program that uses @countersign/client and nothing else of the product. It calls what
 * it is told to over IPC and reports how each call ended.
 */
import { CountersignError, createFetch, createSigner, type SignedFetch } from '@countersign/client';
import type { CallResult, ClientSettings, FromClient, Job, ToClient } from './messages.js';

/** Below the server's tolerance into the past. */
const FRESH_FOR_MS = 6_000;
const MAX_WAIT_MS = 5_000;

let origin = '';
let sent = 0;
let signedFetch: SignedFetch | undefined;

process.on('message', (message: ToClient) => {
  if (message.type === 'start') {
    start(message.settings);
    tell({ type: 'ready' });
  } else {
    void perform(message.job).then((results) => {
      tell({ type: 'done', id: message.id, results, sent });
      sent = 0;
    });
  }
});
process.on('disconnect', () => process.exit());
if (!process.connected) process.exit();

function start(settings: ClientSettings): void {
  const { keyId, secret, clockOffsetMs, attempts } = settings;
  origin = settings.origin;
  const signer = createSigner({ keyId, secret, now: () => Date.now() + clockOffsetMs });
  signedFetch = createFetch(signer, {
    attempts,
    freshForMs: FRESH_FOR_MS,
    maxWaitMs: MAX_WAIT_MS,
    fetch: (url, init) => {
      sent += 1;
      return fetch(url, init);
    },
  });
}

async function perform(job: Job): Promise<CallResult[]> {
  const { forMs = Number.POSITIVE_INFINITY, concurrency = 1, spacingMs = 0 } = job;
  const { count = job.forMs === undefined ? 1 : Number.POSITIVE_INFINITY } = job;
  const results: CallResult[] = [];
  const endMs = performance.now() + forMs;
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < count && performance.now() < endMs) {
      begun += 1;
      results.push(await call(job, begun));
      if (spacingMs > 0) await new Promise((resolve) => setTimeout(resolve, spacingMs));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function call(job: Job, n: number): Promise<CallResult> {
  const numbered = (text: string): string => text.replaceAll('{n}', String(n));
  const { method, scope } = job;
  const name = numbered(job.call);
  const headers: Record<string, string> = { 'idempotency-key': name };
  if (job.body !== undefined) headers['content-type'] = 'application/json';
  const startedMs = performance.now();
  const ended = (how: Omit<CallResult, 'call' | 'durationMs'>): CallResult => {
    return { call: name, durationMs: performance.now() - startedMs, ...how };
  };
  try {
    const response = await signedFetch?.(origin + numbered(job.path), {
      method,
      headers,
      ...(job.body === undefined ? {} : { body: numbered(job.body) }),
      ...(scope === undefined ? {} : { scope: numbered(scope) }),
    });
    const code = problemCode(await response?.text());
    return ended({ ...(response && { status: response.status }), ...(code && { code }) });
  } catch (error) {
    if (error instanceof CountersignError) return ended({ code: error.code, outcome: error.outcome });
    return ended({ code: error instanceof Error ? error.message : String(error) });
  }
}

function problemCode(text = ''): string | undefined {
  try {
    const { code } = JSON.parse(text);
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}

function tell(message: FromClient): void {
  process.send?.(message);
}
