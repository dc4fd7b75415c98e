/** Deliveries that arrive, late, twice or not at all. */
import type { Scene } from './stage.js';
import { makeSecret, startWorld } from './world.js';

export const delivered: Scene = {
  title: 'an event is delivered',
  why: 'The signature covers the body, the host, the path and the event id, and is made when the delivery is.',
  play: async (line) => {
    await using world = await startWorld();
    const acme = await world.receiver('acme', makeSecret());
    const [event] = world.publish('acme', 'invoice.paid');
    let signed = '';
    acme.edge = (pass, request) => {
      signed = /headers="([^"]*)"/.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
      return pass();
    };
    await world.sender.deliverDue();
    const [handled] = acme.handled;
    const isSame = handled?.id === event?.id && handled?.timestamp === event?.timestamp;
    line(
      'invoice.paid',
      `${acme.handled.length} handled, ${isSame ? 'as it was' : 'another'}`,
      '1 handled, as it was',
    );
    line('fields that are signed', signed, 'content-type;idempotency-key');
  },
};

export const lateDelivery: Scene = {
  title: 'the receiver is down for two and a half hours',
  why: 'Each delivery is signed anew: what waited in the queue carries no stale signature.',
  play: async (line) => {
    await using world = await startWorld();
    const acme = await world.receiver('acme', makeSecret());
    const startedMs = world.now();
    acme.edge = () => new Response(null, { status: 503 });
    world.publish('acme', 'invoice.paid');
    await world.sender.deliverDue();
    const waits: string[] = [];
    for (let i = 0; i < 3; i++) {
      waits.push(`${Math.round((world.sender.nextDueMs() - world.now()) / 1000)} s`);
      await world.later();
    }
    line(
      'deliveries, each answered 503',
      `${acme.arrived()}, after ${waits.join(', ')}`,
      '4, after 5 s, 300 s, 1800 s',
    );
    acme.edge = (pass) => pass();
    await world.later();
    const hours = ((world.now() - startedMs) / 3_600_000).toFixed(1);
    line('it is up again', `${acme.handled.length} handled after ${hours} h`, '1 handled after 2.6 h');
    line('refused by the verifier', String(acme.refusals.length), '0');
  },
};

export const lostAnswer: Scene = {
  title: 'the receiver answers 500 after it has handled the event',
  why: 'The redelivery has another signature and the same event id: the receiver knows it, and does nothing twice.',
  play: async (line) => {
    await using world = await startWorld();
    const acme = await world.receiver('acme', makeSecret());
    const answers: string[] = [];
    acme.edge = async (pass) => {
      const answer = await pass();
      answers.push(await answer.clone().text());
      return answers.length === 1 ? new Response(null, { status: 500 }) : answer;
    };
    world.publish('acme', 'invoice.paid');
    await world.sender.deliverDue();
    line('the delivery', `${acme.handled.length} handled, 500 answered`, '1 handled, 500 answered');
    await world.later();
    line('the redelivery', answers[1] ?? 'none', '{"duplicate":true}');
    line('handled in all', String(acme.handled.length), '1');
    acme.edge = (pass) => pass();
    let failing = true;
    acme.onHandle = () => {
      if (failing) throw new Error('the database is away');
    };
    world.publish('acme', 'invoice.voided');
    await world.sender.deliverDue();
    line('an event whose handler failed', `${acme.handled.length - 1} handled`, '0 handled');
    failing = false;
    await world.later();
    line('its redelivery', `${acme.handled.length - 1} handled`, '1 handled');
  },
};

export const slowReceiver: Scene = {
  title: 'a receiver is slower than the sender waits',
  why: 'Without an answer the same signature is sent once more and refused as a replay; the redelivery finds the event done.',
  play: async (line) => {
    await using world = await startWorld({ timeoutMs: 500 });
    const acme = await world.receiver('acme', makeSecret());
    const globex = await world.receiver('globex', makeSecret());
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    acme.onHandle = () => finished;
    world.publish('acme', 'invoice.paid');
    world.publish('globex', 'invoice.paid');
    await world.sender.deliverDue();
    line('acme, which has not answered', `${acme.handled.length} handled`, '0 handled');
    line('the same signature again', acme.refusals.join(), 'replayed-nonce');
    line('globex meanwhile', `${globex.handled.length} handled`, '1 handled');
    await world.later();
    line('a redelivery while it is being handled', `${acme.handled.length} handled`, '0 handled');
    finish();
    await world.later();
    line('a redelivery after that', `${acme.handled.length} handled`, '1 handled');
    line('left in the queue', String(world.sender.nextDueMs()), 'Infinity');
  },
};

export const deadLetters: Scene = {
  title: 'a receiver that stays away, and one that wants no more',
  why: 'After ten deliveries in three days an event is a dead letter; 410 closes an endpoint at once. Both can be taken up again.',
  play: async (line) => {
    await using world = await startWorld();
    const acme = await world.receiver('acme', makeSecret());
    const globex = await world.receiver('globex', makeSecret());
    acme.edge = () => new Response(null, { status: 500 });
    const startedMs = world.now();
    world.publish('acme', 'invoice.paid');
    await world.sender.deliverDue();
    while (world.sender.nextDueMs() < Number.POSITIVE_INFINITY) await world.later();
    const days = Math.round((world.now() - startedMs) / 86_400_000);
    line('deliveries to acme', `${acme.arrived()} in ${days} days`, '10 in 3 days');
    globex.edge = () => new Response(null, { status: 410 });
    world.publish('globex', 'invoice.paid', 'invoice.sent');
    await world.sender.deliverDue();
    world.publish('globex', 'invoice.voided');
    await world.sender.deliverDue();
    const arrived = globex.arrived();
    line('deliveries to globex, which answers 410', String(arrived), '2');
    line('dead letters', String(world.sender.deadLetters.length), '4');
    acme.edge = globex.edge = (pass) => pass();
    for (const customer of ['acme', 'globex']) world.sender.redeliver(customer);
    await world.sender.deliverDue();
    const handled = `${acme.handled.length} and ${globex.handled.length} handled`;
    line('both taken up again', handled, '1 and 3 handled');
  },
};

export const receiversLimit: Scene = {
  title: "more events than the receiver's limit",
  why: 'The refusal is authenticated and says when; what was refused cost nothing, and comes then.',
  play: async (line) => {
    await using world = await startWorld({ schedule: [1_000] });
    const acme = await world.receiver('acme', makeSecret(), { webhooks: '3/20s' });
    world.publish('acme', 'a', 'b', 'c', 'd', 'e');
    await world.sender.deliverDue();
    line('5 events at once; the limit is 3/20s', `${acme.handled.length} handled`, '3 handled');
    const wait = Math.ceil((world.sender.nextDueMs() - world.now()) / 1000);
    const soon = wait >= 15 && wait <= 20;
    line('the others come', soon ? 'when the window has room' : `in ${wait} s`, 'when the window has room');
    await world.later();
    while (world.sender.nextDueMs() < Number.POSITIVE_INFINITY) await world.later();
    line('then', `${acme.handled.length} handled`, '5 handled');
  },
};
