/**
 * Whose address a refusal counts for (spec 3): the client's, as far as the operator's own proxies can tell, and the
 * group of addresses that one client can have. It trusts no field that it was not told to trust.
 */
import ipaddr from 'ipaddr.js';
import { requireWhole } from '../whole-number.js';

/** The longest text of an address, without zone. */
const MAX_ADDRESS_LENGTH = 45;
const BRACKETED = /^\[([^\]]*)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
const IPV6_GROUP_PARTS = 4;

/**
 * The group that an address belongs to: IPv4 stands for itself, IPv4-mapped IPv6 is IPv4, other IPv6 goes by its /64.
 *
 * @returns `undefined` for a text that is not an address
 */
export function addressGroup(address: string): string | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const network = parsed.parts.slice(0, IPV6_GROUP_PARTS).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * The client's address behind reverse proxies that are the operator's own, each of which appends the address that it
 * was called from to X-Forwarded-For. What stands left of what these proxies wrote is the client's own invention and
 * is never read. Where an entry is missing or is no address, the one that the next proxy wrote counts.
 *
 * @param socketAddress of the connection; `undefined` where it has none (a Unix socket)
 * @param lines the X-Forwarded-For field lines, in their order
 * @param proxies how many proxies are the operator's own; 0: the field is not read
 * @returns an address without port, brackets or zone, or `undefined`
 * @throws RangeError when `proxies` is not a whole number from 0
 */
export function forwardedAddress(
  socketAddress: string | undefined,
  lines: readonly string[],
  proxies: number,
): string | undefined {
  requireWhole('proxies', proxies, 0, Number.MAX_SAFE_INTEGER);
  const entries = proxies === 0 ? [] : lines.join(',').split(',');
  const hops = [...entries.slice(-proxies), socketAddress ?? ''];
  for (const hop of hops) {
    const address = withoutPort(hop.trim());
    if (parseAddress(address) !== undefined) return withoutZone(address);
  }
  return undefined;
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = withoutZone(address);
  if (bare.length > MAX_ADDRESS_LENGTH) return undefined;
  // Only four decimal parts: `010.1`, `0x7f.1` and `1` are IPv4 to some parsers, and different addresses to each.
  const dotted = bare.includes('.') || !bare.includes(':');
  if (dotted && !ipaddr.IPv4.isValidFourPartDecimal(bare.slice(bare.lastIndexOf(':') + 1))) return undefined;
  // ipaddr.js takes an IPv4-compatible address (::192.0.2.1, RFC 4291 section 2.5.5.1) for an IPv4-mapped one.
  const exact = bare.replace(/^::(?=[\d.]+$)/, '::0:');
  return ipaddr.isValid(exact) ? ipaddr.process(exact) : undefined;
}

/** Cuts the zone off an IPv6 address: it names an interface of this machine, not a client. */
function withoutZone(address: string): string {
  const percent = address.includes(':') ? address.indexOf('%') : -1;
  return percent < 0 ? address : address.slice(0, percent);
}

function withoutPort(hop: string): string {
  return BRACKETED.exec(hop)?.[1] ?? IPV4_WITH_PORT.exec(hop)?.[1] ?? hop;
}
