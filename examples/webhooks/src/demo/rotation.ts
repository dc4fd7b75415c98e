/** A new secret in place of an old one, and no delivery refused. */
import type { Scene } from './stage.js';
import { makeDelivery, makeSecret, play, startWorld } from './world.js';

export const rotation: Scene = {
  title: 'a secret is replaced while deliveries go on',
  why: 'The receiver lists both, then the sender signs with the new one, then the receiver drops the old one.',
  play: async (line) => {
    await using world = await startWorld();
    const [old, fresh] = [makeSecret(), makeSecret()];
    const acme = await world.receiver('acme', old);
    const handled = (): string =>
      `${acme.handled.filter(({ type }) => type !== 'webhook.ping').length} handled`;
    const deliver = async (): Promise<string> => {
      world.publish('acme', 'invoice.paid');
      await world.sender.deliverDue();
      return handled();
    };
    line('a delivery before', await deliver(), '1 handled');
    const tooEarly = await world.sender.rotate('acme', fresh);
    line(
      'the sender tries the new one too early',
      tooEarly ? 'it signs with it' : 'nothing changed',
      'nothing changed',
    );
    line('a delivery', await deliver(), '2 handled');
    acme.refusals.length = 0;
    // One that waits: it was put into the queue under the old secret, and will be signed with the new one.
    acme.edge = () => new Response(null, { status: 503 });
    await deliver();
    acme.edge = (pass) => pass();
    acme.list(fresh, old);
    line('the receiver lists both; a delivery', await deliver(), '3 handled');
    const rotated = await world.sender.rotate('acme', fresh);
    line(
      'the sender tries the new one',
      rotated ? 'it signs with it' : 'nothing changed',
      'it signs with it',
    );
    line('a delivery', await deliver(), '4 handled');
    acme.list(fresh);
    line('the receiver drops the old one; a delivery', await deliver(), '5 handled');
    await world.later();
    line('the one that had waited since before', handled(), '6 handled');
    line('refused since the receiver listed both', String(acme.refusals.length), '0');
    const event = { id: 'evt_1', type: 'invoice.paid', timestamp: '2026-11-22T09:00:00Z', data: {} };
    const stolen = makeDelivery(acme.url, 'acme', old, event, world.now);
    line('somebody signs with the old one', await play(stolen), '401 invalid-signature');
  },
};
