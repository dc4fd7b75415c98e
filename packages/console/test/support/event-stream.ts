/** Reads server-sent events as they come. */
import { onTestFinished } from 'vitest';
import type { Hello, Lost, Tick } from '../../src/wire.js';

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

export interface EventReader {
  readonly response: Response;
  /** All that came, as text. */
  readonly text: () => string;
  readonly events: () => ServerSentEvent[];
  readonly hello: () => Hello | undefined;
  readonly ticks: () => Tick[];
  readonly lost: () => Lost[];
  /** Reads until something holds, or the stream has ended. */
  readonly until: (holds: () => boolean) => Promise<void>;
  readonly ended: () => boolean;
  readonly stop: () => void;
}

export async function readEvents(address: string, lastEventId?: string): Promise<EventReader> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(address, { headers, signal: stop.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let ended = false;
  const events = (): ServerSentEvent[] => {
    const whole = text.slice(0, text.lastIndexOf('\n\n') + 1);
    return whole.split('\n\n').flatMap((block) => {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const event = fields.get('event');
      return event === undefined ? [] : [{ event, data: fields.get('data') ?? '', id: fields.get('id') }];
    });
  };
  const all = <T>(name: string): T[] =>
    events().flatMap(({ event, data }): T[] => (event === name ? [JSON.parse(data)] : []));
  return {
    response,
    text: () => text,
    events,
    hello: () => all<Hello>('hello')[0],
    ticks: () => all<Tick>('tick'),
    lost: () => all<Lost>('lost'),
    until: async (holds) => {
      while (!holds() && !ended) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) ended = true;
        else text += value;
      }
    },
    ended: () => ended,
    stop: () => stop.abort(),
  };
}

/** How many verdicts were counted, all codes and owners together. */
export function counted(ticks: readonly Tick[]): number {
  return ticks.reduce((sum, { counts }) => sum + counts.reduce((n, [, count]) => n + count, 0), 0);
}
