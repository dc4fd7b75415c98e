/** Callers that do not sign, and what they can do to those that do. */
import { waitOf } from './guessing.js';
import type { Scene } from './stage.js';
import { type Answer, atOnce, inShort, login, startWorld, tally, type World } from './world.js';

export const addresses: Scene = {
  title: 'an address that is written anew for each guess',
  why: 'Of X-Forwarded-For only what the own proxy wrote is read; IPv6 counts by /64; a client_id proves nothing and counts for nothing.',
  play: async (line) => {
    await using world = await startWorld();
    const expected = '30 × 400 invalid_grant, 30 × 429 temporarily_unavailable';
    const spoof = (at: World) =>
      atOnce(60, (i) => guess(at, `user-${i}`, '192.0.2.9', { 'x-forwarded-for': `203.0.113.${i}` }));
    line('60 guesses, each with a forged X-Forwarded-For', tally(await spoof(world)), expected);
    await using bare = await startWorld({ proxies: 0 });
    line('the same where there is no proxy', tally(await spoof(bare)), expected);
    const v6 = await atOnce(60, (i) => guess(world, `name-${i}`, `2001:db8:1:2::${i + 1}`));
    line('60 guesses from one IPv6 network', tally(v6), expected);
    const app = await guess(world, 'alice', '198.51.100.20');
    line('the same app, from another address', inShort(app), '400 invalid_grant');
  },
};

export const floods: Scene = {
  title: 'a flood without signatures, in the name of a client and of its users',
  why: 'What is unsigned has no way into a budget of a signature, and failures without one are counted apart.',
  play: async (line) => {
    await using world = await startWorld();
    const flood = await atOnce(120, (i) => guess(world, 'alice', `203.0.113.${i % 40}`));
    const wrong = flood.filter(({ status }) => status === 400).length;
    line('120 guesses at alice from 40 addresses', `${wrong} looked at`, '10 looked at');
    const shop = await atOnce(50, (i) =>
      world.send({ body: `${form('alice', 'guess')}&client_id=shop`, from: `198.51.100.${i}` }),
    );
    line('50 in the name of shop', tally(shop), '50 × 401 invalid_client');
    const signed = await world.signed('shop', login('alice'));
    line('shop signs for alice', inShort(signed), '200');
    line('what it has left for her', left(signed), '9 of 10 for the name, 59 of 60, 299 of 300');
  },
};

export const lockOut: Scene = {
  title: 'a stranger guesses wrong in order to lock alice out',
  why: 'Who logged her in before has a budget of its own with her. New callers wait, as long as the attack goes on.',
  play: async (line) => {
    await using world = await startWorld({ strangers: 12 });
    await world.signed('shop', login('alice'));
    const home = '198.51.100.7';
    const first = await world.send({ body: `${form('alice')}&client_id=app`, from: home });
    line('alice logs in by shop, and by the app at home', inShort(first), '200');
    await atOnce(60, (i) => world.signed(`stranger-${(i % 12) + 1}`, login('alice', `guess ${i}`)));
    await atOnce(60, (i) => guess(world, 'alice', `203.0.113.${i}`));
    line('60 signed and 60 unsigned guesses; looked at', String(world.looks() - 2), '20');
    line('alice by shop', inShort(await world.signed('shop', login('alice'))), '200');
    const again = await world.send({ body: `${form('alice')}&client_id=app`, from: home });
    line('alice by the app at home', inShort(again), '200');
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body['refresh_token']) };
    const body = new URLSearchParams({ ...refresh, client_id: 'app' }).toString();
    line('her session in the app', inShort(await world.send({ body, from: '198.51.100.99' })), '200');
    const elsewhere = await world.signed('partner', login('alice'));
    line('alice by partner, for the first time', inShort(elsewhere), '429 temporarily_unavailable');
    line('when to come again', waitOf(elsewhere), 'within 15 minutes');
  },
};

export const wrongSignatures: Scene = {
  title: "somebody guesses at a client's secret",
  why: 'Refusals without a proof are counted by address, never by the client that they name.',
  play: async (line) => {
    await using world = await startWorld();
    const body = form('alice');
    const forged = world.sign('shop', body);
    const headers = {
      ...forged,
      authorization: forged['authorization']?.replace(/.{8}"$/, '00000000"') ?? '',
    };
    const tries = [];
    for (let i = 0; i < 70; i++) tries.push(await world.send({ body, headers }));
    const expected = '60 × 401 invalid-signature, 10 × 429 too-many-failures';
    line('70 forged signatures from one address', tally(tries), expected);
    line('shop, from that very address', inShort(await world.signed('shop', login('alice'))), '200');
  },
};

function form(username: string, password?: string): string {
  return new URLSearchParams(login(username, password)).toString();
}

function guess(
  world: World,
  username: string,
  from: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = `${form(username, 'guess')}&client_id=app`;
  return world.send({ body, from, headers: { ...type, ...headers } });
}

/** The RateLimit fields in words. */
function left({ headers }: Answer): string {
  const limits = [...(headers.get('ratelimit-policy') ?? '').matchAll(/;q=(\d+)/g)].map(([, q]) => q);
  const rest = [...(headers.get('ratelimit') ?? '').matchAll(/;r=(\d+)/g)].map(([, r]) => r);
  return rest.map((r, i) => `${r} of ${limits[i]}${i === 0 ? ' for the name' : ''}`).join(', ');
}
