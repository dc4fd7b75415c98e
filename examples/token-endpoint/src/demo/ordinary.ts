/** Daily work: what a token endpoint is for. */
import type { Scene } from './stage.js';
import { FORM_TYPE, inShort, login, PASSWORD, startWorld, tally } from './world.js';

export const grants: Scene = {
  title: 'a client signs its token requests; the key proves who it is, no client_secret is sent',
  why: 'Countersign is the client authentication (RFC 6749 section 2.3.2): the owner of the key is the client.',
  play: async (line) => {
    await using world = await startWorld();
    const shop = world.client('shop');
    const own = await shop({ grant_type: 'client_credentials' });
    const ofOwn = 'access_token' in own ? world.tokens.find(own.access_token) : undefined;
    line('client_credentials, signed by shop', JSON.stringify(ofOwn), '{"clientId":"shop"}');
    const first = await shop(login('alice'));
    const ofAlice = 'access_token' in first ? world.tokens.find(first.access_token) : undefined;
    line('alice and her password', JSON.stringify(ofAlice), '{"clientId":"shop","user":"alice"}');
    const plain = await world.send({
      body: new URLSearchParams({ ...login('alice'), client_id: 'app' }).toString(),
    });
    line('the same from app, which cannot sign', inShort(plain), '200');
    const cached = `${plain.headers.get('cache-control')}, ${plain.headers.get('content-type')}`;
    line('how it is answered', cached, 'no-store, application/json');
    const named = await world.signed('shop', { ...login('alice'), client_id: 'partner' });
    line('signed by shop, client_id=partner', inShort(named), '401 invalid_client');
    const body = new URLSearchParams({ ...login('alice'), client_id: 'shop' }).toString();
    line('client_id=shop, not signed', inShort(await world.send({ body })), '401 invalid_client');
    const basic = { ...FORM_TYPE, authorization: `Basic ${btoa('shop:secret')}` };
    line(
      'client_id=shop with HTTP Basic',
      inShort(await world.send({ body, headers: basic })),
      '401 missing-signature',
    );
    const unknown = await world.signed('shop', { grant_type: 'urn:example:other' });
    line('a grant type that is none', inShort(unknown), '400 unsupported_grant_type');
  },
};

export const onlyFailuresCost: Scene = {
  title: 'only what fails is charged to the failure budget',
  why: 'A failure is taken before the password is looked at, and given back when it was right.',
  play: async (line) => {
    await using world = await startWorld({ limits: { token: '1000/m' }, logins: { known: 3, userName: 3 } });
    const right = [];
    for (let i = 0; i < 12; i++) right.push(await world.signed('shop', login('alice')));
    line('12 right logins; the budget is 3 failures', tally(right), '12 × 200');
    const wrong = [];
    for (let i = 0; i < 5; i++) wrong.push(await world.signed('shop', login('alice', `guess ${i}`)));
    const expected = '3 × 400 invalid_grant, 2 × 429 temporarily_unavailable';
    line('then 5 wrong ones', tally(wrong), expected);
  },
};

export const refreshTokens: Scene = {
  title: 'a refresh token that is used twice',
  why: 'One of the two users stole it, and nobody can tell which: all that came of that login ends (RFC 9700, 4.14.2).',
  play: async (line) => {
    await using world = await startWorld();
    const first = (await world.signed('shop', login('alice', PASSWORD))).body;
    const refresh = (client: string, token: unknown) =>
      world.signed(client, { grant_type: 'refresh_token', refresh_token: String(token) });
    const second = await refresh('shop', first['refresh_token']);
    line('the refresh token, once', inShort(second), '200');
    const again = await refresh('shop', first['refresh_token']);
    line('the same one again', inShort(again), '400 invalid_grant');
    const next = await refresh('shop', second.body['refresh_token']);
    line('the one that the first use had brought', inShort(next), '400 invalid_grant');
    const access = world.tokens.find(String(second.body['access_token']));
    line('the access token of it', access === undefined ? 'ended' : 'good', 'ended');
    const third = (await world.signed('shop', login('alice', PASSWORD))).body;
    const elsewhere = await refresh('partner', third['refresh_token']);
    line("shop's refresh token, signed by partner", inShort(elsewhere), '400 invalid_grant');
    const twice = (await world.signed('shop', login('alice', PASSWORD))).body;
    const both = await Promise.all([0, 1].map(() => refresh('shop', twice['refresh_token'])));
    line('one refresh token twice at once', tally(both), '1 × 200, 1 × 400 invalid_grant');
  },
};
