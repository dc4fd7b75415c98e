/** Plays the example's scenes over real sockets, each line against its promise, and runs the command itself. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scenes } from '../src/demo/scenes.js';
import { playAll, playScene, type Scene } from '../src/demo/stage.js';
import { makeSecret, startWorld } from '../src/demo/world.js';
import { requireEndpointUrl } from '../src/endpoint-url.js';
import { eventBody, eventIdOf, idempotencyKey } from '../src/event.js';
import { createSeenEvents } from '../src/seen-events.js';
import { createSender, SCHEDULE } from '../src/sender.js';

const EVENT = { id: 'evt_1', type: 'invoice.paid', timestamp: '2026-11-22T09:00:00Z', data: { amount: 1 } };

describe('webhooks', () => {
  it.each(scenes.map((scene) => [scene.title, scene] as const))(
    'keep their promises: %s',
    async (_, scene) => {
      const lines = await playScene(scene);
      const told = lines.map(({ sent, cameBack }) => `${sent}: ${cameBack}`);
      expect(told).toEqual(lines.map(({ sent, promised }) => `${sent}: ${promised}`));
      expect(lines.length).toBeGreaterThan(1);
    },
  );

  it('run by their command, which ends with 0', async () => {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main, '3', '7'], { timeout: 30_000 });
    expect(stdout).toMatch(/^ {3}kept {4}the redelivery +\{"duplicate":true\}$/m);
    expect(stdout).toMatch(/^ {3}kept {4}refused since the receiver listed both +0$/m);
    expect(stdout).toMatch(/\n15 of 15 promises kept\n$/);
  });

  it('say so when a promise is broken', async () => {
    const broken: Scene = { title: 't', why: 'w', play: async (line) => line('a delivery', '200', '401') };
    const printed: string[] = [];
    expect(await playAll([broken], (text) => printed.push(text))).toBe(false);
    expect(printed).toContain('   BROKEN  a delivery  200');
  });
});

describe('an event id', () => {
  it('is carried as a String of RFC 9651, and read as nothing else', () => {
    expect(idempotencyKey(EVENT)).toBe('"evt_1"');
    expect(eventIdOf('"evt_1"')).toBe('evt_1');
    for (const field of [
      undefined,
      '',
      'evt_1',
      '"evt_1',
      '"evt_1";a=1',
      '"evt_1", "evt_2"',
      '"a b"',
      '""',
    ]) {
      expect(eventIdOf(field), field).toBeUndefined();
    }
    expect(() => idempotencyKey({ ...EVENT, id: 'a"b' })).toThrow(TypeError);
    expect(eventBody(EVENT)).not.toContain('evt_1');
  });

  it('is known for as long as it is to be remembered, by sender, and with its body', () => {
    let nowMs = 1_000;
    const seen = createSeenEvents({ rememberMs: 100, now: () => nowMs });
    expect(seen.begin('acme', 'evt_1', 'a')).toBe('new');
    expect(seen.begin('acme', 'evt_1', 'a')).toBe('running');
    seen.done('acme', 'evt_1');
    nowMs += 99;
    expect(seen.begin('acme', 'evt_1', 'a')).toBe('done');
    expect(seen.begin('acme', 'evt_1', 'b')).toBe('other-body');
    expect(seen.begin('globex', 'evt_1', 'b')).toBe('new');
    nowMs += 1;
    expect(seen.begin('acme', 'evt_1', 'b')).toBe('new');
    seen.failed('acme', 'evt_1');
    expect(seen.begin('acme', 'evt_1', 'c')).toBe('new');
  });

  it('is remembered for longer than a sender tries', () => {
    const days = SCHEDULE.reduce((sum, delayMs) => sum + delayMs * 1.1, 0) / 86_400_000;
    expect(days).toBeGreaterThan(3);
    expect(days).toBeLessThan(7);
  });
});

describe('a sender', () => {
  it('has no more than its number of deliveries under way to one endpoint', async () => {
    await using world = await startWorld({ maxInFlight: 2 });
    const acme = await world.receiver('acme', makeSecret());
    let [now, most] = [0, 0];
    let release = (): void => {};
    const second = new Promise<void>((resolve) => {
      release = resolve;
    });
    acme.edge = async (pass) => {
      now += 1;
      most = Math.max(most, now);
      // The first one waits for its companion.
      if (acme.arrived() > 1) release();
      await second;
      const answer = await pass();
      now -= 1;
      return answer;
    };
    world.publish('acme', 'a', 'b', 'c', 'd', 'e');
    for (let i = 0; i < 3; i++) await world.sender.deliverDue();
    expect(acme.handled.map(({ type }) => type).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(most).toBe(2);
  });

  it('delivers nothing twice when it is called while it delivers', async () => {
    await using world = await startWorld();
    const acme = await world.receiver('acme', makeSecret());
    world.publish('acme', 'a', 'b');
    await Promise.all([world.sender.deliverDue(), world.sender.deliverDue(), world.sender.deliverDue()]);
    expect(acme.arrived()).toBe(2);
  });

  it('waits for as long as an answer asks, and spreads what failed together', async () => {
    await using world = await startWorld({ schedule: [1_000, 1_000, 1_000], random: () => 0.5 });
    const acme = await world.receiver('acme', makeSecret());
    acme.edge = () => new Response(null, { status: 429, headers: { 'retry-after': '60' } });
    world.publish('acme', 'a');
    await world.sender.deliverDue();
    expect(world.sender.nextDueMs() - world.now()).toBeGreaterThan(59_000);
    // An event that waits for ever is never a dead letter.
    acme.edge = () => new Response(null, { status: 429, headers: { 'retry-after': '9'.repeat(400) } });
    await world.later();
    expect(world.sender.nextDueMs() - world.now()).toBeLessThanOrEqual(24 * 3_600_000);
    acme.edge = () => new Response(null, { status: 500 });
    await world.later();
    const waitMs = world.sender.nextDueMs() - world.now();
    expect(waitMs).toBeGreaterThan(1_000);
    expect(waitMs).toBeLessThanOrEqual(1_050);
  });

  it('takes no endpoint in its own network, and no event for nobody', async () => {
    const sender = createSender();
    const endpoint = { id: 'acme', keyId: 'webhooks-acme', secret: makeSecret() };
    expect(() => sender.addEndpoint({ ...endpoint, url: 'https://127.0.0.1/' })).toThrow(
      '127.0.0.1 is not a public',
    );
    // ipaddr.js calls what is assigned to nobody unicast, too: ::127.0.0.1 is not ::ffff:127.0.0.1.
    for (const host of ['[::127.0.0.1]', '[::ffff:10.0.0.1]', '[64:ff9b::a00:1]', '[fec0::1]', '[4000::1]'])
      expect(() => requireEndpointUrl(`https://${host}/`), host).toThrow('is not a public address');
    expect(requireEndpointUrl('https://[2606:2800:21f::1]/').hostname).toBe('[2606:2800:21f::1]');
    expect(() => sender.publish('acme', EVENT)).toThrow('there is no endpoint acme');
    sender.addEndpoint({ ...endpoint, url: 'https://93.184.215.14:8443/hooks?x=1' });
    expect(() => sender.publish('acme', { ...EVENT, id: '' })).toThrow('id');
    expect(requireEndpointUrl('http://localhost:3000/', { loopback: true }).href).toBe(
      'http://localhost:3000/',
    );
    expect(() => requireEndpointUrl('http://10.0.0.1/', { loopback: true })).toThrow(
      '10.0.0.1 is not a public',
    );
    await sender.close();
  });
});
