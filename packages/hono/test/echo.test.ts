/** The echo handler in Hono, on Node and on Fetch alone. */
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { echo } from '../src/index.js';
import { serve } from './support/echo.js';

const app = new Hono().all('/echo/*', echo);

describe('the echo handler in Hono', () => {
  it('tells the raw target, for every method, on @hono/node-server', async () => {
    const port = await serve(app);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`http://127.0.0.1:${port}/echo/a%2fb//c/?b=2&a=1`, { method });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(JSON.parse(await answer.text())).toMatchObject({
        method,
        target: '/echo/a%2fb//c/?b=2&a=1',
        httpVersion: '1.1',
      });
    }
    const head = await fetch(`http://127.0.0.1:${port}/echo`, { method: 'HEAD' });
    const told = JSON.parse(Buffer.from(head.headers.get('countersign-echo') ?? '', 'base64url').toString());
    expect(told).toMatchObject({ method: 'HEAD', target: '/echo' });
  });

  it('counts a body, closes on one that is too long, and says that one was read before', async () => {
    const early = new Hono().use(async (c, next) => {
      await c.req.text();
      await next();
    });
    const [port, late] = [await serve(app), await serve(early.all('/echo/*', echo))];
    const post = (at: number, body: Uint8Array<ArrayBuffer>) =>
      fetch(`http://127.0.0.1:${at}/echo/a`, { method: 'POST', body });
    expect(JSON.parse(await (await post(port, new Uint8Array(1000))).text()).body.bytes).toBe(1000);
    expect(JSON.parse(await (await post(late, new Uint8Array(1000))).text()).body).toBeNull();
    const refused = await post(port, new Uint8Array(2 ** 20 + 1));
    expect(refused.status).toBe(413);
    expect(refused.headers.get('connection')).toBe('close');
  });

  it('answers on Fetch alone, as other runtimes have it', async () => {
    const headers = { 'x-internal': 'hidden', 'content-type': 'text/plain', authorization: 'Bearer hidden' };
    const answer = await app.request('http://api.example.com/echo/a%2fb?c', {
      method: 'POST',
      body: 'hello',
      headers,
    });
    const told = JSON.parse(await answer.text());
    expect(told).toMatchObject({ method: 'POST', target: '/echo/a%2fb?c', body: { bytes: 5 } });
    expect(told.httpVersion).toBeUndefined();
    expect(new Map(told.fields)).toEqual(
      new Map([
        ['authorization', null],
        ['content-type', 'text/plain'],
        ['host', 'api.example.com'],
        ['x-internal', null],
      ]),
    );
  });
});
