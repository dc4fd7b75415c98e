import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressGroup, forwardedAddress } from '../../src/failures/client-address.js';

describe('addressGroup', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:0:0:0:1', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['fe80::1%br-4f0e.12', 'fe80:0:0:0::/64'],
    ['fe80::1%', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    // IPv4-compatible: as the kernel writes ::c000:201, and another address than 192.0.2.1.
    ['::192.0.2.1', '0:0:0:0::/64'],
    ['0:0:0:0:0:0:192.0.2.1', '0:0:0:0::/64'],
    ['1:2:3:4:5::192.0.2.1', '1:2:3:4::/64'],
    // The two colons stand for a single group.
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    // As long as an address can be.
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '255.255.255.255'],
  ])('%s belongs to %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  test.each([
    '::ffff:192.0.2.1',
    '::FFFF:192.0.2.1',
    '::ffff:c000:201',
    '0:0:0:0:0:ffff:192.0.2.1',
    '::ffff:192.0.2.1%lo',
  ])('IPv4-mapped addresses in one bucket: %s is the IPv4 address', (address) => {
    expect(addressGroup(address)).toBe('192.0.2.1');
  });

  test('IPv4-mapped addresses in one bucket: two of them are two', () => {
    expect(addressGroup('::ffff:192.0.2.1')).not.toBe(addressGroup('::ffff:192.0.2.2'));
  });

  test.each([
    '',
    ' ',
    'unknown',
    'localhost',
    '1',
    '3221225985',
    '192.0.2',
    '192.0.2.1.1',
    '192.0.2.256',
    '192.0.2.01',
    '0300.0.2.1',
    '0xc0.0.2.1',
    '0x7f.1',
    '::ffff:192.0.2.01',
    '::ffff:0xc0.0.2.1',
    ' 192.0.2.1',
    '192.0.2.1\n',
    '192.0.2.1/32',
    '192.0.2.1:80',
    `${'0'.repeat(45)}::1`,
    '192.0.2.1%eth0',
    '[::1]',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    ':',
    '::%eth0%eth1 '.repeat(100),
    ':'.repeat(10_000),
    'a:'.repeat(10_000),
    '１９２.0.2.1',
    '__proto__',
  ])('%j is not an address', (address) => {
    const group = addressGroup(address);
    // A zone may hold anything: what stands before it decides.
    expect(group).toBe(address.startsWith('::%') ? '0:0:0:0::/64' : undefined);
  });

  test('every IPv6 address of one /64 has one group, every other /64 another', () => {
    const part = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const parts = fc.array(part, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, parts, (network, host, other) => {
        const group = addressGroup([...network, ...host].join(':'));
        // Only ::ffff:0:0/96 is something else.
        fc.pre(network.some((value) => value !== '0'));
        expect(group).toBe(`${network.join(':')}::/64`);
        expect(addressGroup([...network, ...other].join(':'))).toBe(group);
        if (other.join() !== network.join())
          expect(addressGroup([...other, ...host].join(':'))).not.toBe(group);
      }),
      { numRuns: 1_000 },
    );
  });

  test('no text makes it throw, and a group is an address again or a /64', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('0', '1', '9', 'f', 'x', ':', '::', '.', '%', '[', ']', '/', ',') }),
      fc.ipV6(),
      fc.ipV4Extended(),
    );
    fc.assert(
      fc.property(hostile, (address) => {
        const group = addressGroup(address);
        if (group === undefined) return;
        expect(group).toMatch(/^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]+::\/64)$/);
        expect(addressGroup(group.replace('/64', ''))).toBe(group);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('forwardedAddress', () => {
  const SOCKET = '10.0.0.1';

  test.each<[string, number, string[], string | undefined]>([
    ['no proxies: the socket', 0, ['203.0.113.9'], SOCKET],
    ['one proxy: what it appended', 1, ['203.0.113.9'], '203.0.113.9'],
    ['two proxies: the second from the right', 2, ['203.0.113.9, 10.0.0.2'], '203.0.113.9'],
    ['one proxy: not what a client wrote before it', 1, ['6.6.6.6, 203.0.113.9'], '203.0.113.9'],
    [
      'two proxies: not what a client wrote before them',
      2,
      ['6.6.6.6,203.0.113.9 ,\t10.0.0.2'],
      '203.0.113.9',
    ],
    ['several lines are one list', 2, ['6.6.6.6', '203.0.113.9', '10.0.0.2'], '203.0.113.9'],
    ['no field: the socket', 2, [], SOCKET],
    ['too few entries: the leftmost that is there', 3, ['203.0.113.9, 10.0.0.2'], '203.0.113.9'],
    ['garbage: what the next proxy wrote', 2, ['203.0.113.9, unknown, 10.0.0.2'], '10.0.0.2'],
    ['garbage only: the socket', 2, ['203.0.113.9, unknown, _hidden'], SOCKET],
    ['never further left', 1, ['203.0.113.9, unknown'], SOCKET],
    ['an empty entry is garbage', 1, ['203.0.113.9,'], SOCKET],
    ['an empty field is garbage', 1, [''], SOCKET],
    ['IPv4 with a port', 1, ['203.0.113.9:4711'], '203.0.113.9'],
    ['bracketed IPv6', 1, ['[2001:db8::1]'], '2001:db8::1'],
    ['bracketed IPv6 with a port', 1, ['[2001:db8::1]:4711'], '2001:db8::1'],
    ['bare IPv6', 1, ['2001:db8::1'], '2001:db8::1'],
    ['a zone', 1, ['[fe80::1%eth0]:1'], 'fe80::1'],
    ['a port that is none', 1, ['203.0.113.9:http'], SOCKET],
    ['an open bracket', 1, ['[2001:db8::1'], SOCKET],
    ['something before a bracket', 1, ['x[2001:db8::1]'], SOCKET],
    ['something behind a bracket', 1, ['[2001:db8::1]x'], SOCKET],
    ['something behind a port', 1, ['203.0.113.9:4711x', '[2001:db8::1]:4711x'], SOCKET],
    ['something before IPv4 with a port', 1, ['x203.0.113.9:4711'], SOCKET],
    ['something behind the port of IPv4', 1, ['203.0.113.9:4711x'], SOCKET],
    ['a host name', 1, ['client.example'], SOCKET],
    ['a Forwarded element', 1, ['for=203.0.113.9'], SOCKET],
  ])('%s', (_, proxies, lines, address) => {
    expect(forwardedAddress(SOCKET, lines, proxies)).toBe(address);
  });

  test('a Unix socket has no address of its own, its proxy has', () => {
    expect(forwardedAddress(undefined, [], 0)).toBeUndefined();
    expect(forwardedAddress(undefined, ['203.0.113.9'], 0)).toBeUndefined();
    expect(forwardedAddress(undefined, ['203.0.113.9'], 1)).toBe('203.0.113.9');
    expect(forwardedAddress('', ['unknown'], 1)).toBeUndefined();
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%d proxies are refused by name', (proxies) => {
    expect(() => forwardedAddress(SOCKET, [], proxies)).toThrow(RangeError);
    expect(() => forwardedAddress(SOCKET, [], proxies)).toThrow(/^proxies: /);
  });

  test('counters from a spoofable address: nothing that a client writes changes what counts', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.ipV4(),
      fc.constantFrom(',', '', 'unknown', '[::1]:1'),
    );
    const hop = fc.oneof(fc.ipV4(), fc.constant('unknown'));
    fc.assert(
      fc.property(fc.array(junk), fc.array(hop, { minLength: 1, maxLength: 4 }), (written, hops) => {
        const clean = forwardedAddress(SOCKET, [hops.join(', ')], hops.length);
        expect(forwardedAddress(SOCKET, [...written, hops.join(', ')], hops.length)).toBe(clean);
        expect(forwardedAddress(SOCKET, [[...written, ...hops].join(', ')], hops.length)).toBe(clean);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a long field takes no long time', () => {
    const startedAtMs = performance.now();
    forwardedAddress(SOCKET, ['1.1.1.1,'.repeat(20_000), `[${'a:'.repeat(50_000)}`, '9.'.repeat(50_000)], 3);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});
