/** Brute force, by one client and by many, at one user name and at many. */
import type { Scene } from './stage.js';
import { atOnce, inShort, login, startWorld, tally } from './world.js';

export const oneClient: Scene = {
  title: 'brute force at one user name by one client',
  why: 'token:password:<alice> has 10 a minute for shop; what is over it is refused before a password is looked at.',
  play: async (line) => {
    await using world = await startWorld();
    const guesses = await atOnce(30, (i) => world.signed('shop', login('alice', `guess ${i}`)));
    const expected = '10 × 400 invalid_grant, 20 × 429 rate-limited';
    line('30 guesses at once, signed by shop', tally(guesses), expected);
    line('passwords that were looked at', String(world.looks()), '10');
    const bob = inShort(await world.signed('shop', login('bob')));
    line('bob, with his password, by shop', bob, '200');
  },
};

export const manyClients: Scene = {
  title: 'brute force at one user name by many clients at once',
  why: 'Budgets of signatures are per client; failures are counted by user name over all of them, and taken before the look.',
  play: async (line) => {
    await using world = await startWorld({ strangers: 12 });
    const guesses = await atOnce(60, (i) =>
      world.signed(`stranger-${(i % 12) + 1}`, login('alice', `guess ${i}`)),
    );
    const expected = '10 × 400 invalid_grant, 50 × 429 temporarily_unavailable';
    line('60 guesses at once, by 12 clients', tally(guesses), expected);
    line('passwords that were looked at', String(world.looks()), '10');
    const right = await world.signed('stranger-12', login('alice'));
    line('the right one, guessed after that', inShort(right), '429 temporarily_unavailable');
    line('when to come again', waitOf(right), 'within 15 minutes');
  },
};

export const manyNames: Scene = {
  title: 'credential stuffing: one client, many user names',
  why: 'token:password holds all logins of a client together, and 30 failures at user names that it never logged in are enough.',
  play: async (line) => {
    await using world = await startWorld();
    const tries = await atOnce(100, (i) => world.signed('shop', login(`user-${i}`, 'password1')));
    const expected = '30 × 400 invalid_grant, 40 × 429 rate-limited, 30 × 429 temporarily_unavailable';
    line('100 user names, one password', tally(tries), expected);
    line('passwords that were looked at', String(world.looks()), '30');
  },
};

export const edgeOfAWindow: Scene = {
  title: "bursts across a window's edge",
  why: '10/m is 10 in any 60 seconds, wherever they begin (L7).',
  play: async (line) => {
    // A clock that is turned by hand: how long the requests take is no matter.
    let passedMs = 0;
    const startedMs = Date.now();
    const clock = { now: () => startedMs + passedMs, monotonicNow: () => passedMs };
    const verifier = { audience: 'auth.example.com', ...clock };
    // It is about the signatures' budgets; failures must not get in the way.
    const logins = { userName: 1_000, caller: 1_000 };
    await using world = await startWorld({ verifier, logins });
    const burst = async (): Promise<string> =>
      tally(await atOnce(10, (i) => world.signed('shop', login('alice', `guess ${i}`))));
    await world.signed('shop', login('alice', 'guess'));
    passedMs = 58_000;
    line('one guess; 58 s later 10 at once', await burst(), '9 × 400 invalid_grant, 1 × 429 rate-limited');
    passedMs = 62_000;
    const one = '1 × 400 invalid_grant, 9 × 429 rate-limited';
    line('4 s later, in the next minute, 10 more', await burst(), one);
    passedMs = 118_500;
    const rest = '9 × 400 invalid_grant, 1 × 429 rate-limited';
    line('56.5 s later, 10 more', await burst(), rest);
  },
};

export const enumeration: Scene = {
  title: 'finding out which user names exist',
  why: 'An unknown user has a password to be compared with, nobody can know it, and it is counted like any other.',
  play: async (line) => {
    await using world = await startWorld({
      limits: { token: '1000/m' },
      logins: { userName: 100, caller: 100 },
      // So that the password is most of the time, and not the network.
      scryptCost: 12,
    });
    const times = { alice: [] as number[], nobody: [] as number[] };
    const texts = new Set<string>();
    for (let i = 0; i < 21; i++) {
      for (const name of ['alice', 'nobody'] as const) {
        const startedMs = performance.now();
        const answer = await world.signed('shop', login(name, 'guess'));
        times[name].push(performance.now() - startedMs);
        texts.add(`${answer.status} ${answer.text}`);
      }
    }
    line('a user that is there, and one that is not', `${texts.size} answer`, '1 answer');
    const ratio = median(times.nobody) / median(times.alice);
    const isSame = ratio > 0.6 && ratio < 1.7;
    line('time for an answer', isSame ? 'the same' : `${ratio.toFixed(2)} ×`, 'the same');
  },
};

export function waitOf({ headers }: { readonly headers: Headers }): string {
  const seconds = Number(headers.get('retry-after'));
  return seconds > 0 && seconds <= 900 ? 'within 15 minutes' : `${seconds} s`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
