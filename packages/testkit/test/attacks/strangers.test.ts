/** Attacks by callers who have proved no key, on the addresses that others share. */
import { cachedDirectory } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { KEY, OTHER_SECRET, type Outcome, serve, sign } from './service.js';

const failures = { limit: 3, windowMs: 60_000 };
const junk = () => sign({ secret: OTHER_SECRET, keyId: `junk_${Math.random()}` });

describe('IPv4-mapped addresses in one bucket', () => {
  it('counts each mapped address for the IPv4 address that it is', async () => {
    const service = serve({ failures });
    const from = (address: string): Promise<Outcome> => service.outcome(junk(), {}, address);
    for (let i = 0; i < 3; i++) expect(await from('::ffff:192.0.2.1')).toBe('invalid-signature');
    expect(await from('::ffff:192.0.2.1')).toBe('too-many-failures');
    expect(await from('192.0.2.1')).toBe('too-many-failures');
    expect(await from('::FFFF:c000:0201')).toBe('too-many-failures');
    expect(await from('::ffff:192.0.2.2')).toBe('invalid-signature');
    expect(await from('::ffff:203.0.113.9')).toBe('invalid-signature');
    expect(await from('192.0.2.3')).toBe('invalid-signature');
  });

  it('counts a client that changes its address within a /64 as one, and the next /64 as another', async () => {
    const service = serve({ failures });
    const from = (address: string): Promise<Outcome> => service.outcome(junk(), {}, address);
    for (let i = 0; i < 3; i++) expect(await from(`2001:db8:1:2:${i}::${i}`)).toBe('invalid-signature');
    expect(await from('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe('too-many-failures');
    expect(await from('2001:db8:1:3::1')).toBe('invalid-signature');
    expect(await from('::1')).toBe('invalid-signature');
  });
});

describe('junk from an address that customers share', () => {
  const address = '198.51.100.7';

  it('refuses no customer with a valid signature and a key at hand', async () => {
    const service = serve({ failures });
    for (let i = 0; i < 100; i++) {
      expect(await service.outcome(junk(), {}, address)).toBe(
        i < 3 ? 'invalid-signature' : 'too-many-failures',
      );
      expect(await service.outcome(sign(), {}, address)).toBe('admitted');
    }
  });

  it('refuses none whose key a directory has at hand, and asks it for no junk', async () => {
    const asked: string[] = [];
    const keys = cachedDirectory((id) => {
      asked.push(id);
      return id === 'key_1' ? KEY : undefined;
    });
    const service = serve({ keys, failures });
    expect(await service.outcome(sign(), {}, address)).toBe('admitted');
    for (let i = 0; i < 50; i++) {
      await service.outcome(junk(), {}, address);
      expect(await service.outcome(sign(), {}, address)).toBe('admitted');
    }
    expect(asked).toHaveLength(1 + failures.limit);
  });

  it('does not promise it to a key that is not at hand: a spent address makes nobody ask for it', async () => {
    const keys = cachedDirectory((id) => (id === 'key_1' ? KEY : undefined));
    const service = serve({ keys, failures });
    for (let i = 0; i < 4; i++) await service.outcome(junk(), {}, address);
    expect(await service.outcome(sign(), {}, address)).toBe('too-many-failures');
    expect(await service.outcome(sign(), {}, '198.51.100.8')).toBe('admitted');
    expect(await service.outcome(sign(), {}, address)).toBe('admitted');
  });

  it('counts nothing against an address for what a customer does', async () => {
    const service = serve({ failures, limits: { orders: '1/m' } });
    await service.outcome(sign(), {}, address);
    for (let i = 0; i < 20; i++) {
      expect(await service.outcome(sign(), {}, address)).toBe('rate-limited');
      expect(await service.outcome(sign({ signedAtMs: 1_700_000_000_000 }), {}, address)).toBe(
        'stale-timestamp',
      );
    }
    expect(await service.outcome(junk(), {}, address)).toBe('invalid-signature');
  });
});
