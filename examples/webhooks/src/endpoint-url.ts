/**
 * Where deliveries may go. The URL is the customer's choice, so it must not lead into your own network: neither by what
 * it says, nor by what its name resolves to when the connection is made (a name may resolve otherwise the second time).
 */
import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent } from 'undici';

export interface EndpointRules {
  /** Allows http and addresses of this machine, for development. Default false. */
  readonly loopback?: boolean | undefined;
}

/** @throws TypeError when no delivery may go there */
export function requireEndpointUrl(text: string, rules: EndpointRules = {}): URL {
  if (!URL.canParse(text)) throw new TypeError('url: not a URL');
  const url = new URL(text);
  const isHttp = url.protocol === 'http:' && rules.loopback === true;
  if (url.protocol !== 'https:' && !isHttp) throw new TypeError('url: expected https');
  if (url.username !== '' || url.password !== '') throw new TypeError('url: no user or password');
  if (url.hash !== '') throw new TypeError('url: no fragment');
  // `new URL` has written 0x7f.1, 2130706433 and the like as 127.0.0.1. Names are looked at when they are resolved.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host, rules))
    throw new TypeError(`url: ${host} is not a public address`);
  return url;
}

/** Connects to what the rules allow, by the very address that is connected to. Follows no redirect. */
export function guardedAgent(rules: EndpointRules = {}): Agent {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const wrong = addresses.find(({ address }) => !isAllowed(address, rules));
      if (wrong !== undefined || addresses[0] === undefined) {
        return callback(new Error(`${hostname} is at ${wrong?.address}, which is not a public address`), []);
      }
      if (options.all === true) return callback(null, addresses);
      return callback(null, addresses[0].address, addresses[0].family);
    });
  };
  return new Agent({ connect: { lookup, timeout: 5_000 } });
}

/** All that is routed on the Internet (RFC 4291 section 2.4, as IANA has assigned it). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** `unicast` is what ipaddr.js calls an address that is in no special range; IPv4-mapped ones are IPv4. */
function isAllowed(address: string, { loopback = false }: EndpointRules): boolean {
  const ip = ipaddr.process(address);
  const range = ip.range();
  if (range === 'loopback') return loopback;
  return range === 'unicast' && (ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_IPV6));
}
