import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { ownNames } from '../src/own-names.js';

const app = new Hono();
app.use(ownNames('Console.Example.com'));
app.get('/', (c) => c.text('hello'));

async function statusFor(host: string | undefined): Promise<number> {
  const headers = host === undefined ? {} : { host };
  return (await app.request('http://ignored.example/', { headers })).status;
}

describe('a console that is guarded by ownNames', () => {
  it.each(['127.0.0.1', '127.0.0.1:4780', '[::1]:4780', '[::1]', 'localhost', 'LOCALHOST:80', '192.0.2.7:1'])(
    'answers %s, which no page of another site can be',
    async (host) => {
      expect(await statusFor(host)).toBe(200);
    },
  );

  it.each(['console.example.com', 'CONSOLE.example.com:4780'])(
    'answers %s, a name it was given',
    async (host) => {
      expect(await statusFor(host)).toBe(200);
    },
  );

  it.each([
    'rebound.example',
    'rebound.example:4780',
    'localhost.rebound.example',
    '127.0.0.1.rebound.example',
    'localhost@rebound.example',
    '',
    undefined,
  ])('refuses %j', async (host) => {
    expect(await statusFor(host)).toBe(421);
  });

  it('says to whom it refuses how a name is added, and does not repeat the name', async () => {
    const headers = { host: 'rebound.example' };
    const answer = await (await app.request('http://ignored.example/', { headers })).text();
    expect(answer).toContain('IP address');
    expect(answer).toContain('--name');
    expect(answer).toContain("ownNames('NAME')");
    expect(answer).not.toContain('rebound');
  });
});
