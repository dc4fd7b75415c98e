/** The echo handler, mounted in Express 4 and 5. */
import express from 'express';
import { describe, expect, it } from 'vitest';
import { echo } from '../src/index.js';
import { EXPRESS, serve } from './support/serve.js';

describe.each(EXPRESS)('the echo handler in %s', (_name, framework) => {
  it('tells the raw target, wherever it is mounted, for every method', async () => {
    const routes = framework.Router();
    routes.use('/echo', echo);
    const port = await serve(framework().use('/v1', routes));
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/echo/a%2fb//c/?b=2&a=1`, { method });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(JSON.parse(await answer.text())).toMatchObject({ method, target: '/v1/echo/a%2fb//c/?b=2&a=1' });
    }
    const head = await fetch(`http://127.0.0.1:${port}/v1/echo`, { method: 'HEAD' });
    expect(head.headers.get('countersign-echo')).toMatch(/^[\w-]+$/);
  });

  it('says that a body was read before it, and reads it where none was', async () => {
    const app = framework().use('/late', framework.json(), echo).use('/echo', echo);
    const port = await serve(app);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' };
    const late = await fetch(`http://127.0.0.1:${port}/late`, init);
    expect(JSON.parse(await late.text()).body).toBeNull();
    const early = await fetch(`http://127.0.0.1:${port}/echo`, init);
    expect(JSON.parse(await early.text()).body.bytes).toBe(7);
  });
});

it('is a handler by its type', () => {
  express().use('/echo', echo).all('/echo', echo);
});
