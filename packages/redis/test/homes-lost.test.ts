/** A key that left a bucket, and a server that lost just that: the bucket has to ask before it admits again. */
import { charge } from '@countersign/testkit/store-contract';
import { afterAll, expect, it } from 'vitest';
import type { Bucket } from '../src/bucket-names.js';
import { createHomes } from '../src/homes.js';
import { laboratory } from './laboratory.js';
import { startStandalone } from './real-routes.js';

const { server, route, stop } = await startStandalone();
afterAll(stop);

const WITNESS_NUMBERS = 49;
const ANOTHER_SERVER = 'f'.repeat(40);

it('L5 a key that was given to another owner is not admitted by the first when a failover lost that it has left', async () => {
  const { buckets, bucketOf, scripts, run, clock, admit } = await laboratory(route, { bucketCount: 3 });
  const bucket = (index: number): Bucket => buckets[index] as Bucket;
  const nameIn = (index: number): string => {
    for (let i = 0; ; i++) if (bucketOf(`name${i}`) === bucket(index)) return `name${i}`;
  };
  const [key, before, after] = [nameIn(0), nameIn(1), nameIn(2)];
  const { bringHome } = createHomes(
    scripts,
    run,
    (name) => buckets.find((one) => one.key === name),
    () => clock.nowMs(),
  );
  const signed = (owner: string, nonce: number): Parameters<typeof admit>[0] => ({
    key,
    owner,
    nonce: new Uint8Array(16).fill(nonce),
    signedAtMs: clock.nowMs(),
    charges: [charge('rate', 10, 1_000)],
  });

  await bringHome(key, bucket(0), bucket(1));
  clock.advance(1);
  expect((await admit(signed(before, 1))).result).toMatchObject({ outcome: 'admitted' });
  const memory = (await server.reply('DUMP', bucket(1).key)) as Buffer;
  clock.advance(1);
  await bringHome(key, bucket(0), bucket(2));

  // The first owner's bucket as a replica has it that did not hear of the leaving.
  await server.reply('DEL', bucket(1).key);
  await server.reply('RESTORE', bucket(1).key, '0', memory);
  const witness = (await server.reply('HGET', bucket(1).key, 'm')) as Buffer;
  witness.write(ANOTHER_SERVER, WITNESS_NUMBERS, 'latin1');
  await server.reply('HSET', bucket(1).key, 'm', witness);
  await run(scripts.touch, bucket(1), ['']);
  clock.advance(1_500);

  const request = signed(after, 2);
  expect((await admit(request)).result).toMatchObject({ outcome: 'admitted' });
  expect((await admit({ ...request, owner: before })).result).toMatchObject({ outcome: 'unavailable' });
  // Brought back as it should be, what was admitted elsewhere is under its horizon, and it is at home again.
  await bringHome(key, bucket(0), bucket(1));
  expect((await admit({ ...request, owner: before })).result).toMatchObject({ outcome: 'recovering' });
  clock.advance(1);
  expect((await admit(signed(before, 3))).result).toMatchObject({ outcome: 'admitted' });
});
