/** Whether there is an echo at all, and what to do when there is none. */
import type { Arrival } from '@countersign/server/adapter';
import { UsageError } from '../terminal/usage-error.js';
import { readEcho } from './read-echo.js';
import { type SendOptions, send } from './send.js';
import type { SentRequest } from './sign.js';

/** @throws UsageError that says what to do */
export async function firstArrival(sent: SentRequest, options: SendOptions): Promise<Arrival> {
  const { url } = options;
  const answer = await send(sent, options).catch((cause: Error & { code?: string }) => {
    const told = cause.message === '' ? cause.code : cause.message;
    const certificate = /certificate|self.signed|CERT|ALTNAME/i.test(`${cause.code} ${cause.message}`);
    const hint = certificate ? '--insecure takes any certificate' : 'check address and port';
    throw new UsageError(`${url.href}: ${told}: ${hint}`, { cause });
  });
  const arrival = readEcho(answer);
  if (arrival !== undefined) {
    requireUnread(arrival, url);
    return arrival;
  }
  const { status, headers } = answer;
  const what =
    status >= 300 && status < 400 && headers.location !== undefined
      ? `redirects to ${JSON.stringify(headers.location)}`
      : `answers with status ${status} and no echo`;
  const path = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '');
  throw new UsageError(
    `${url.href} ${what}: mount the handler for that path and all below it while debugging, in Express by app.use('${path || '/'}', echo), in Hono by app.all('${path}/*', echo), before body parsers and verifiers ("countersign doctor --help" says where it is from)`,
  );
}

/** @throws UsageError where the echo stands behind something that reads bodies */
export function requireUnread({ body }: Arrival, url: URL): void {
  if (body !== null) return;
  throw new UsageError(
    `${url.href}: the body was read before it came to the echo: mount the echo before every body parser, where a verifier belongs as well`,
  );
}
