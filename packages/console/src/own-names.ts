/**
 * A guard for a console that is served without a login, on loopback: it answers only who addresses it by a name of its own.
 * A page of another site cannot get at it by a DNS name that it has pointed at this machine (DNS rebinding).
 */
import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';

const PORT = /:\d+$/;
const BRACKETS = /^\[|\]$/g;
const ANOTHER_NAME = `This console has another name.
Address it by an IP address, or have its name added: countersign console --name NAME, or ownNames('NAME').
`;

/**
 * Lets through what addresses an IP address, `localhost` or one of these names; everything else is answered 421.
 *
 * @param names further host names, without ports
 */
export function ownNames(...names: readonly string[]): MiddlewareHandler {
  const own = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    const host = (c.req.header('host') ?? '').replace(PORT, '').replace(BRACKETS, '').toLowerCase();
    if (isIP(host) === 0 && !own.has(host)) return c.text(ANOTHER_NAME, 421);
    return await next();
  };
}
