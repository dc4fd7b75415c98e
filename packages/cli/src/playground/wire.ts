/** Requests of the playground on their way, as a probe sends them, and what their answers are called. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../probe/endpoint.js';
import { type Answer as Exchanged, exchange, exchangeTogether, problemCode } from '../probe/exchange.js';
import type { RawRequest } from '../probe/raw-request.js';

export interface Answer {
  readonly status: number;
  /** `admitted` for 2xx; else the problem document's code, or `http-<status>` where there is none. */
  readonly code: string;
  readonly text: string;
}

const HALF_WAY_MS = 50;

/** Sends a request to a port of this machine. */
export async function deliver(port: number, request: RawRequest, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  return answered(await exchange(endpointOf(port), request));
}

/** Sends copies that are complete in the same moment. */
export async function deliverAtOnce(
  port: number,
  request: RawRequest,
  copies: number,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const requests = Array.from({ length: copies }, () => request);
  const halfWay = () => sleep(HALF_WAY_MS, undefined, { signal });
  return (await exchangeTogether(endpointOf(port), requests, halfWay)).map(answered);
}

function endpointOf(port: number): Endpoint {
  const url = new URL(`http://127.0.0.1:${port}/`);
  return { url, address: url.hostname, port, loopback: true };
}

function answered(exchanged: Exchanged): Answer {
  if ('failure' in exchanged) throw new Error(`no answer: ${exchanged.failure}`);
  const { status, body: text } = exchanged;
  return { status, code: codeOf(status, text), text };
}

/** The code of an answer with this status and body. */
export function codeOf(status: number, text: string): string {
  if (status >= 200 && status < 300) return 'admitted';
  return problemCode(text) ?? `http-${status}`;
}
