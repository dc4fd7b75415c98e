/** The list of attacks as data: what pipelines and the attack catalogue rely on. */
import { ATTACK_CATALOGUE } from '@countersign/testkit';
import { describe, expect, it } from 'vitest';
import { ATTACKS, chooseAttacks } from '../src/attacks/index.js';
import type { Attacker } from '../src/probe/attacker.js';

/** Lines that nobody can try from outside with one key, and why. */
const INSIDE: Readonly<Record<string, string>> = {
  'eventual-counts': 'looks like read-then-write from outside',
  'brute-force': 'there is no token endpoint',
  'sub-second-windows': 'the configuration of a limit',
  refund: 'refunds are not asked for over HTTP',
  'month-as-minute': 'the configuration of a limit',
  'no-expiry': 'the memory of the server',
  'wildcard-reset': 'resets are not asked for over HTTP',
  'script-reload': 'between server and Redis',
  eviction: 'takes more requests than a probe may send',
  'restart-or-step': 'restarts the server',
  'joined-keys': 'takes two keys',
  'mapped-addresses': 'takes two addresses',
  outage: 'takes the store away',
  'steered-clock': 'attacks a client',
  'proxy-503': 'attacks a client',
  'held-original': 'attacks a client',
  'deposed-master': 'between server and Redis',
  'late-command': 'between server and Redis',
  'moved-key': 'changes the key directory',
};

describe('the attacks of the probe', () => {
  it('have ids of their own', () => {
    const ids = ATTACKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it('quote the catalogue word for word', () => {
    const lines = ATTACK_CATALOGUE.map(({ line }) => line);
    const quoted = ATTACKS.flatMap(({ catalogue }) => catalogue ?? []);
    expect(quoted.filter((line) => !lines.includes(line))).toEqual([]);
  });

  it('are of every line of the catalogue that can be tried from outside', () => {
    const quoted = new Set(ATTACKS.map(({ catalogue }) => catalogue));
    const untried = ATTACK_CATALOGUE.filter(({ line }) => !quoted.has(line)).map(({ id }) => id);
    expect(untried.sort()).toEqual(Object.keys(INSIDE).sort());
  });

  it('are chosen by id and by group, in their own order', () => {
    const chosen = chooseAttacks(['times', 'unsigned,stale-time']).map(({ id }) => id);
    expect(chosen).toEqual(['unsigned', 'stale-time', 'future-time']);
    expect(chooseAttacks(undefined)).toBe(ATTACKS);
    expect(() => chooseAttacks(['unsigned', 'unsinged'])).toThrow('no attack "unsinged"');
  });
});

describe('copies in the same moment', () => {
  /** The attack on a server that admits the first and answers the others with a status. */
  async function tried(status: number) {
    const first = { status: 200, headers: [], body: '' };
    const other = { status, headers: [], body: '' };
    const attacker = {
      sign: () => ({}),
      sendTogether: async (copies: readonly unknown[]) =>
        copies.map((_, index) => (index === 0 ? first : other)),
      judge: (answer: unknown) => (answer === first ? 'through' : 'refused'),
    };
    const attack = ATTACKS.find(({ id }) => id === 'replay-concurrent');
    return (await attack?.run(attacker as unknown as Attacker))?.outcome;
  }

  it('are refused by a verifier that knows the nonce, and prove nothing where a limit stopped them', async () => {
    expect(await tried(409)).toBe('refused');
    expect(await tried(429)).toBe('not-tried');
  });
});
