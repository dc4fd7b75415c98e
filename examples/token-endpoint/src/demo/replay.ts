/** A token request that somebody recorded. */
import type { Scene } from './stage.js';
import { inShort, login, startWorld } from './world.js';

export const replay: Scene = {
  title: 'a token request is recorded and sent again',
  why: 'A signature is admitted once, by the service that it names. What is not signed can be sent again by whoever sees it.',
  play: async (line) => {
    await using world = await startWorld();
    const body = new URLSearchParams(login('alice')).toString();
    const recorded = { body, headers: world.sign('shop', body) };
    line('the request', inShort(await world.send(recorded)), '200');
    line('again', inShort(await world.send(recorded)), '409 replayed-nonce');
    const from = { ...recorded, from: '203.0.113.7' };
    line('again, from elsewhere', inShort(await world.send(from)), '409 replayed-nonce');
    const { authorization: _, ...unsigned } = recorded.headers;
    const stripped = await world.send({ body: `${body}&client_id=shop`, headers: unsigned });
    line('without its signature', inShort(stripped), '401 invalid_client');
    line('passwords that were looked at', String(world.looks()), '1');
  },
};

export const otherService: Scene = {
  title: 'a token request is recorded and sent to another service that knows the same client',
  why: 'The audience is signed: files.example.com is not auth.example.com.',
  play: async (line) => {
    await using world = await startWorld();
    const clients = new Map([['shop', { secrets: [world.secret('shop')], grants: ['password' as const] }]]);
    await using other = await startWorld({ clients, verifier: { audience: 'files.example.com' } });
    const body = new URLSearchParams(login('alice')).toString();
    const recorded = { body, headers: world.sign('shop', body) };
    line('to files.example.com', inShort(await other.send(recorded)), '401 invalid-signature');
    line('to auth.example.com', inShort(await world.send(recorded)), '200');
  },
};
