/**
 * Watches a call from its transport: what was sent, what came, what failed. It gives a call up early in one case: nothing
 * could be sent, and nothing would be at the next attempt.
 */
import { setTimeout } from 'node:timers/promises';
import type { Paint } from '../terminal/paint.js';
import type { Terminal } from '../terminal/terminal.js';
import { visible } from '../terminal/visible.js';
import { spell } from './budget-lines.js';
import { NotSentError } from './ending.js';
import type { CurlFlags } from './flags.js';
import { isLasting, networkEnd } from './network-error.js';
import { answerLines, requestLines, type TraceOptions } from './trace.js';
import { createTransport, type ReceivedHead, type SentRequest, type TransportOptions } from './transport.js';
import type { ReadVerdict } from './verdict-line.js';

export interface Observer {
  readonly fetch: typeof globalThis.fetch;
  /** For the signed fetch: waits, and says why where that takes long. */
  readonly sleep: (waitMs: number, signal?: AbortSignal) => Promise<void>;
  /** Aborts with a NotSentError. */
  readonly givenUp: AbortSignal;
  /** How often something was sent. */
  readonly sends: () => number;
  /** The request of the last attempt and the head of its answer. */
  readonly last: () => { readonly url: URL | undefined; readonly head: ReceivedHead | undefined };
}

const NOTICED_MS = 1_000;

export function createObserver(
  flags: CurlFlags,
  options: Pick<TransportOptions, 'insecure' | 'ca' | 'connectTimeoutMs' | 'decompress'>,
  trace: TraceOptions,
  readVerdict: ReadVerdict,
  { writeError }: Terminal,
  paint: Paint,
): Observer {
  const givenUp = new AbortController();
  let sends = 0;
  let url: URL | undefined;
  let head: ReceivedHead | undefined;
  let became = '';
  const show = (lines: readonly string[]): void => {
    if (flags.verbose)
      for (const line of lines) writeError(`${line.startsWith('*') ? paint('dim', line) : line}\n`);
  };
  const onSent = (sent: SentRequest): void => {
    sends++;
    show(requestLines(sent, trace));
  };
  const onAnswer = (sent: SentRequest, received: ReceivedHead): void => {
    head = received;
    const reading = readVerdict(sent, received);
    became = reading.kind === 'verified' ? reading.verdict.code : `status ${received.status}`;
    show(answerLines(received, reading));
  };
  const transport = createTransport({ ...options, onSent, onAnswer });
  return {
    givenUp: givenUp.signal,
    sends: () => sends,
    last: () => ({ url, head }),
    fetch: async (input, init) => {
      url = new URL(input instanceof Request ? input.url : input);
      head = undefined;
      try {
        return await transport(input, init);
      } catch (error) {
        const end = networkEnd(error, url);
        became = end.text;
        if (!init?.signal?.aborted) show([`* ${visible(end.text)}`]);
        const lasting = isLasting(end) || flags.retry === undefined;
        if (sends === 0 && lasting) givenUp.abort(new NotSentError(end));
        throw error;
      }
    },
    sleep: async (waitMs, signal) => {
      const text = `${visible(became)}: the same request again in ${spell(Number((waitMs / 1000).toFixed(1)))}`;
      if (flags.verbose) show([`* ${text}`]);
      else if (waitMs >= NOTICED_MS && !flags.silent) writeError(`${text}\n`);
      await pause(waitMs, signal);
    },
  };
}

/** Rejects with the signal's reason. A timer may fire a millisecond early. */
async function pause(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(Math.ceil(waitMs) + 1, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
