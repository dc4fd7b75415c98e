import { createConnection, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { startDeadline } from '../src/deadline.js';

it('an answer that arrived while the process was busy comes before the deadline that passed meanwhile', async () => {
  const server = createServer((socket) => socket.write('answer'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const order: string[] = [];
  const client = createConnection(port, '127.0.0.1');
  await new Promise((resolve) => client.once('connect', resolve));
  await new Promise<void>((resolve) => {
    startDeadline(5, () => {
      order.push('late');
      resolve();
    });
    client.on('data', () => order.push('answer'));
    // The server's half of the connection is accepted in the next turn, so the answer comes while this one is busy.
    setImmediate(() => {
      const untilMs = performance.now() + 40;
      while (performance.now() < untilMs);
    });
  });
  client.destroy();
  server.close();
  expect(order).toEqual(['answer', 'late']);
});

it('comes after its time, and not once it was taken back', async () => {
  const startedMs = performance.now();
  await new Promise<void>((resolve) => startDeadline(20, resolve));
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(19);
  let late = false;
  startDeadline(5, () => {
    late = true;
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(late).toBe(false);
});
