/**
 * One command over a connection of its own, so that a server which is killed or stopped meanwhile leaves nothing
 * behind: no reconnecting, no queue, no unhandled error, and an end after `timeoutMs` whatever happens. Not for load.
 */
import { Redis } from 'ioredis';

export type Argument = string | number | Buffer;

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
  /** For connecting, and again for the answer. */
  readonly timeoutMs: number;
}

/** The reply as it came: a Buffer, a number, null, or an array of them. */
export async function sendCommand(to: Connection, args: readonly Argument[]): Promise<unknown> {
  const { timeoutMs, ...address } = to;
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    disconnectTimeout: 50,
  });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => {
    cause = error;
  });
  const [name = '', ...rest] = args;
  try {
    await redis.connect();
    return await redis.callBuffer(String(name), rest);
  } catch (error) {
    // What the socket met says more than ioredis' "Connection is closed."
    const why = cause ?? error;
    const text = why instanceof Error ? why.message : String(why);
    throw new Error(`${to.host}:${to.port} ${name}: ${text}`, { cause: why });
  } finally {
    redis.disconnect();
  }
}

/** A reply as `redis-cli` prints it into a pipe: an element a line, nil as nothing. */
export function asText(reply: unknown): string {
  if (Array.isArray(reply)) return reply.map(asText).join('\n');
  return reply === null || reply === undefined ? '' : String(reply);
}
