/**
 * The way in for callers that cannot keep a secret: apps and browsers. They prove nothing, so they are counted by the
 * one thing that they cannot choose freely, their address, and never by the client_id that they name: whoever counts
 * by that lets a stranger lock out an app.
 */
import { forwardedAddress } from '@countersign/server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { OAuthError, tooOften } from './oauth-error.js';

declare module 'hono' {
  interface ContextVariableMap {
    /** The group of addresses that an unsigned caller is counted by. */
    address: string;
  }
}

export interface UnsignedOptions {
  /** How many reverse proxies in front are your own; with 0, X-Forwarded-For is not read. */
  readonly proxies: number;
  readonly requestsPerMinute: number;
  readonly maxBodyBytes: number;
}

/** Counts by address, before the body is read; then reads it, up to its limit. */
export function unsignedCallers(options: UnsignedOptions): MiddlewareHandler {
  const requests = new RateLimiterMemory({ points: options.requestsPerMinute, duration: 60 });
  const tooLarge = (): never => {
    throw new OAuthError(413, 'invalid_request', 'the body is too large');
  };
  const limited = bodyLimit({ maxSize: options.maxBodyBytes, onError: tooLarge });
  return async (c, next) => {
    const address = addressGroup(c, options.proxies);
    await requests.consume(address).catch((refused: unknown) => {
      throw refused instanceof RateLimiterRes ? tooOften(refused.msBeforeNext) : refused;
    });
    c.set('address', address);
    return limited(c, next);
  };
}

/** IPv4 stands for itself; of IPv6 one customer has at least a /64. */
function addressGroup(c: Context, proxies: number): string {
  const lines = c.req.header('x-forwarded-for');
  const socketAddress = getConnInfo(c).remote.address;
  const address = forwardedAddress(socketAddress, lines === undefined ? [] : [lines], proxies);
  if (address === undefined) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
