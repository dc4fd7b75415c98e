/** The feed as the page gets it: an EventSource that is opened again when it has ended. */
import type { Hello, Lost, Tick } from '../wire.js';

export type FeedState = 'connecting' | 'open' | 'closed';

interface FeedHandlers {
  readonly hello: (hello: Hello) => void;
  readonly tick: (tick: Tick) => void;
  readonly lost: (lost: Lost) => void;
  readonly state: (state: FeedState) => void;
}

const REOPEN_MS = 10_000;

export function openFeed(address: string, { hello, tick, lost, state }: FeedHandlers): void {
  const source = new EventSource(address);
  const on = <T>(name: string, handle: (data: T) => void): void =>
    source.addEventListener(name, (event: MessageEvent<string>) => handle(JSON.parse(event.data)));
  on('hello', hello);
  on('tick', tick);
  on('lost', lost);
  source.addEventListener('open', () => state('open'));
  source.addEventListener('error', () => {
    // The browser tries again by itself, unless the answer was no event stream (a login that ran out, a restart).
    if (source.readyState !== EventSource.CLOSED) return state('connecting');
    state('closed');
    setTimeout(() => openFeed(address, { hello, tick, lost, state }), REOPEN_MS);
  });
}
