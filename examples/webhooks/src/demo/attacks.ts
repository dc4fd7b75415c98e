/** Recorded, forged and changed deliveries, and receivers that are not what they seem. */
import { requireEndpointUrl } from '../endpoint-url.js';
import type { Scene } from './stage.js';
import { makeDelivery, makeSecret, play, startWorld } from './world.js';

export const replayed: Scene = {
  title: 'a delivery is recorded and sent again',
  why: 'A signature is admitted once, by the host that it names, while it is fresh.',
  play: async (line) => {
    await using world = await startWorld();
    const [secret, other] = [makeSecret(), makeSecret()];
    const acme = await world.receiver('acme', secret);
    const globex = await world.receiver('globex', other);
    const event = {
      id: 'evt_1',
      type: 'invoice.paid',
      timestamp: '2026-11-22T09:00:00Z',
      data: { amount: 1 },
    };
    const recorded = makeDelivery(acme.url, 'acme', secret, event, world.now);
    line('the delivery', await play(recorded), '200 handled');
    line('again', await play(recorded), '409 replayed-nonce');
    line('to another customer', await play({ ...recorded, url: globex.url }), '401 invalid-signature');
    const kept = makeDelivery(acme.url, 'acme', secret, { ...event, id: 'evt_2' }, world.now);
    world.putForward(6 * 60_000);
    line('one that was held back for six minutes', await play(kept), '401 stale-timestamp');
    const same = makeDelivery(acme.url, 'acme', secret, event, world.now);
    line('the same event, signed anew by the sender', await play(same), '200 duplicate');
    const changed = { ...event, data: { amount: 1_000_000 } };
    const clash = makeDelivery(acme.url, 'acme', secret, changed, world.now);
    line(
      'its id with another body, signed by the sender',
      await play(clash),
      '422 this event said something else',
    );
    line('handled by acme', String(acme.handled.length), '1');
  },
};

export const forged: Scene = {
  title: 'a delivery is forged, or changed on the way',
  why: "Every customer has a secret of its own; the body and the event's id are signed.",
  play: async (line) => {
    await using world = await startWorld();
    const [secret, other] = [makeSecret(), makeSecret()];
    const acme = await world.receiver('acme', secret);
    await world.receiver('globex', other);
    const event = {
      id: 'evt_1',
      type: 'invoice.paid',
      timestamp: '2026-11-22T09:00:00Z',
      data: { amount: 1 },
    };
    const mine = makeDelivery(acme.url, 'acme', other, event, world.now);
    line("to acme, signed with globex's secret", await play(mine), '401 invalid-signature');
    const named = makeDelivery(acme.url, 'globex', other, event, world.now);
    line("to acme, signed with globex's key", await play(named), '401 invalid-signature');
    const { authorization: _, ...unsigned } = makeDelivery(
      acme.url,
      'acme',
      secret,
      event,
      world.now,
    ).headers;
    const body = '{"type":"invoice.paid"}';
    line(
      'without a signature',
      await play({ url: acme.url, headers: unsigned, body }),
      '401 missing-signature',
    );
    const way = makeDelivery(acme.url, 'acme', secret, event, world.now);
    const dear = way.body.replace('"amount":1', '"amount":9');
    line('the amount changed on the way', await play({ ...way, body: dear }), '400 digest-mismatch');
    const renamed = { ...way.headers, 'idempotency-key': '"evt_2"' };
    line(
      'the event id changed on the way',
      await play({ ...way, headers: renamed }),
      '401 invalid-signature',
    );
    const { 'idempotency-key': __, ...anonymous } = way.headers;
    line('the event id taken away', await play({ ...way, headers: anonymous }), '400 malformed-request');
    const path = `${acme.url}?to=other`;
    line('the URL changed on the way', await play({ ...way, url: path }), '401 invalid-signature');
    line('and as it was', await play(way), '200 handled');
    line('handled', String(acme.handled.length), '1');
  },
};

export const redirected: Scene = {
  title: 'a receiver redirects its deliveries',
  why: 'A redirect is a failure, as Standard Webhooks has it: no signature goes where it points.',
  play: async (line) => {
    await using world = await startWorld({ schedule: [] });
    const acme = await world.receiver('acme', makeSecret());
    const target = await world.receiver('target', makeSecret());
    for (const status of [301, 302, 303, 307, 308]) {
      acme.edge = () => new Response(null, { status, headers: { location: target.url } });
      world.publish('acme', 'invoice.paid');
      await world.sender.deliverDue();
    }
    const failures = world.sender.deadLetters.flatMap((letter) => letter.failures).join(', ');
    line('five deliveries, each redirected', failures, '301, 302, 303, 307, 308');
    line('what arrived where they pointed', String(target.arrived()), '0');
  },
};

export const addresses: Scene = {
  title: "URLs that lead into the sender's own network",
  why: 'A URL is looked at when it is entered, and what its name resolves to whenever a connection is made.',
  play: async (line) => {
    await using world = await startWorld({ loopback: false, schedule: [] });
    const urls = [
      'http://hooks.example.com/',
      'https://127.0.0.1/',
      'https://0x7f.1/',
      'https://2130706433/',
      'https://169.254.169.254/latest/meta-data/',
      'https://10.1.2.3/',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://[fd00::1]/',
      'https://0.0.0.0/',
      'https://user:word@hooks.example.com/',
    ];
    const taken = urls.filter((url) => {
      try {
        return requireEndpointUrl(url) !== undefined;
      } catch {
        return false;
      }
    });
    line(`${urls.length} of them, taken`, `${taken.length} ${taken.join(' ')}`.trim(), '0');
    world.sender.addEndpoint({
      id: 'rebound',
      url: 'https://localhost/webhooks',
      keyId: 'webhooks-rebound',
      secret: makeSecret(),
    });
    world.publish('rebound', 'invoice.paid');
    await world.sender.deliverDue();
    const why = world.sender.deadLetters[0]?.failures[0] ?? '';
    const refused = /^localhost is at (127\.0\.0\.1|::1), which is not a public address$/.test(why);
    line('a name that resolves to this machine', refused ? 'not connected' : why, 'not connected');
  },
};
