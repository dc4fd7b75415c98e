/**
 * One dispatch as an answer that can be taken or dropped: the head settles the promise, and the body waits until it
 * is known whose it is. It decides nothing.
 */
import type { Dispatcher } from 'undici';
import { MAX_KEEPING_MS, MAX_KEPT_BYTES } from '../kept-response.js';
import type { Answer } from '../signed-call.js';
import type { StableController } from './stable-controller.js';

type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** Whoever gets what follows the head. */
interface Sink {
  data(chunk: Buffer): void;
  end(trailers: ResponseHeaders): void;
  error(error: Error): void;
}

/**
 * Dispatches once.
 *
 * @returns the answer; its value hands it to `handler`, head and body
 */
export function dispatchOnce(
  dispatch: Dispatcher.Dispatch,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  outer: StableController,
  timeoutMs: number | undefined,
): Promise<Answer<() => void>> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let sink: Sink | undefined;
    const early: ((sink: Sink) => void)[] = [];
    const pass = (event: (sink: Sink) => void): void => {
      if (sink === undefined) early.push(event);
      else event(sink);
    };
    const passTo = (next: Sink): void => {
      outer.signal.removeEventListener('abort', aborted);
      sink = next;
      for (const event of early.splice(0)) event(next);
    };
    let givenUp: Error | undefined;
    const giveUp = (reason: Error): void => {
      givenUp = reason;
      outer.signal.removeEventListener('abort', aborted);
      reject(reason);
      controller?.abort(reason);
    };
    const aborted = (): void => giveUp(outer.signal.reason);
    outer.signal.addEventListener('abort', aborted);
    const expired = (): void => giveUp(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expired, timeoutMs);

    const onResponseStart: Dispatcher.DispatchHandler['onResponseStart'] = (
      started,
      status,
      headers,
      message,
    ) => {
      if (status < 200) {
        handler.onResponseStart?.(outer, status, headers, message);
        return;
      }
      clearTimeout(timer);
      const keep = (): Promise<Response> =>
        new Promise((kept) => {
          passTo(collector(started, (bytes) => kept(toResponse(status, headers, bytes))));
        });
      const value = (): void => {
        outer.attach(started);
        try {
          handler.onResponseStart?.(outer, status, headers, message);
          passTo({
            data: (chunk) => handler.onResponseData?.(outer, chunk),
            end: (trailers) => handler.onResponseEnd?.(outer, trailers),
            error: (error) => handler.onResponseError?.(outer, error),
          });
        } catch (error) {
          passTo({ data: () => {}, end: () => {}, error: () => {} });
          outer.abort(error as Error);
          throw error;
        }
      };
      resolve({ status, field: (name) => fieldValue(headers[name]), value, keep, drop: () => void keep() });
    };
    const onResponseError = (_: unknown, error: Error): void => {
      clearTimeout(timer);
      outer.signal.removeEventListener('abort', aborted);
      // Settles nothing where the head has come before.
      reject(error);
      pass((to) => to.error(error));
    };
    try {
      dispatch(options, {
        onRequestStart: (started) => {
          controller = started;
          if (givenUp !== undefined) started.abort(givenUp);
        },
        onResponseStart,
        onResponseData: (_, chunk) => pass((to) => to.data(chunk)),
        onResponseEnd: (_, trailers) => pass((to) => to.end(trailers)),
        onResponseError,
      });
    } catch (error) {
      onResponseError(undefined, error as Error);
    }
  });
}

/** Reads a body up to a size and a time, so that the connection can be used again; beyond, it ends the connection. */
function collector(controller: Dispatcher.DispatchController, done: (bytes: Buffer) => void): Sink {
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (): void => controller.abort(new Error('the answer is not needed'));
  const timer = setTimeout(stop, MAX_KEEPING_MS);
  const finish = (): void => {
    clearTimeout(timer);
    done(Buffer.concat(chunks).subarray(0, MAX_KEPT_BYTES));
  };
  return {
    data: (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_KEPT_BYTES) stop();
    },
    end: finish,
    error: finish,
  };
}

function toResponse(status: number, headers: ResponseHeaders, bytes: Buffer): Response {
  const lines = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) lines.append(name, one);
  }
  return new Response(Uint8Array.from(bytes), { status, headers: lines });
}

function fieldValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
