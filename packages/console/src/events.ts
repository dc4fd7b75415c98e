/**
 * The feed as server-sent events. A page that comes back with Last-Event-ID goes on where it was; one that reads too
 * slowly is told how many verdicts it lost. Open streams are counted and capped.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Feed } from './feed.js';
import type { Hello, Lost } from './wire.js';

const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;
const MAX_STREAMS = 32;

interface EventStreams {
  readonly handle: (c: Context) => Response;
  /** Ends every open stream; pages that ask again are told to stop. */
  readonly close: () => void;
}

export function eventStreams(
  feed: Feed,
  now: () => number,
  heartbeatMs: number = HEARTBEAT_MS,
): EventStreams {
  /** Numbers of another process, or of this one before it was restarted, mean nothing here. */
  const run = randomUUID().slice(0, 8);
  const open = new Set<SSEStreamingApi>();
  let closed = false;

  /** The number that the page has seen, from `run-number`. */
  const resumeAt = (lastEventId: string | undefined): number | undefined => {
    const [ofRun, number = ''] = (lastEventId ?? '').split('-');
    if (ofRun !== run || !/^\d{1,15}$/.test(number)) return undefined;
    return Number(number) <= feed.range().newest ? Number(number) : undefined;
  };

  const send = async (stream: SSEStreamingApi, seen: number | undefined): Promise<void> => {
    const hello: Hello = { now: now(), resumed: seen !== undefined };
    await stream.writeSSE({ event: 'hello', data: JSON.stringify(hello), retry: RECONNECT_MS });
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    let upTo = seen ?? feed.range().oldest;
    while (!closed && !stream.aborted) {
      const { lost, ticks } = feed.after(upTo);
      if (lost > 0) {
        const notice: Lost = { verdicts: lost };
        await stream.writeSSE({ event: 'lost', data: JSON.stringify(notice) });
      }
      for (const tick of ticks) {
        await stream.writeSSE({ event: 'tick', id: `${run}-${tick.upTo}`, data: tick.json() });
        upTo = tick.upTo;
      }
      if (ticks.length === 0 && !(await nextTick(feed, gone.signal, heartbeatMs)))
        await stream.write(': still here\n\n');
    }
  };

  return {
    handle: (c) => {
      // 204 tells an EventSource not to try again.
      if (closed) return c.body(null, 204);
      if (isFromElsewhere(c)) return c.text('only for the console itself', 403);
      // Nobody would read the stream, nor end it.
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
      if (open.size >= MAX_STREAMS) return c.text('too many open pages', 503, { 'retry-after': '30' });
      const seen = resumeAt(c.req.header('last-event-id'));
      const response = streamSSE(c, async (stream) => {
        open.add(stream);
        try {
          await send(stream, seen);
        } finally {
          open.delete(stream);
        }
      });
      // Of one connection only, and not of HTTP/2; the server sets its own.
      response.headers.delete('connection');
      response.headers.delete('transfer-encoding');
      response.headers.set('cache-control', 'no-store');
      // For nginx, which would hold the events back.
      response.headers.set('x-accel-buffering', 'no');
      return response;
    },
    close: () => {
      closed = true;
      for (const stream of open) stream.abort();
    },
  };
}

/** Whether a page of another site asks: it could read nothing, but take the place of those who may. */
function isFromElsewhere(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
}

/** Whether there was a tick, rather than only a time without one. Keeps no process alive. */
function nextTick(feed: Feed, gone: AbortSignal, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (ticked: boolean): void => {
      clearTimeout(timer);
      forget();
      gone.removeEventListener('abort', leave);
      resolve(ticked);
    };
    const leave = (): void => end(true);
    const forget = feed.onceMore(leave);
    const timer = setTimeout(() => end(false), withinMs).unref();
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave);
  });
}
