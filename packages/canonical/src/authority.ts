/**
 * Authorities: the grammar of a host with an optional port, and its one spelling (spec 2.2, audience). Which
 * authority a request must have addressed is `audience.ts`'s rule.
 */
import { wrongOption } from './wrong-option.js';

const AUTHORITY = /^([A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([1-9][0-9]{0,4}))?$/;

/** The authority in lower case and without port 80 or 443, or `undefined` when it is outside the grammar. */
export function canonicalAuthority(text: string): string | undefined {
  const [, host, port] = AUTHORITY.exec(text) ?? [];
  if (host === undefined || Number(port ?? 1) > 65535) return undefined;
  if (host.startsWith('[') && !URL.canParse(`http://${host}`)) return undefined;
  return (port === '80' || port === '443' ? host : text).toLowerCase();
}

/**
 * An authority from configuration, in its one spelling.
 *
 * @param option how the error names it
 * @throws TypeError when it is outside the grammar
 */
export function requireAuthority(option: string, name: unknown): string {
  const authority = typeof name === 'string' ? canonicalAuthority(name) : undefined;
  if (authority !== undefined) return authority;
  throw new TypeError(wrongOption(option, name, 'a host with an optional port'));
}
