import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { addWithHead } from '@countersign/server/adapter';
import { afterEach, describe, expect, it } from 'vitest';

const ADDED = { 'cache-control': 'private', vary: 'authorization', ratelimit: '"orders";r=9' };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<string> {
  closers.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a client gets of an answer that was written like this, after the fields were added. */
async function answered(write: (response: ServerResponse) => void): Promise<Response> {
  const url = await listen(
    createServer((_, response) => {
      addWithHead(response, ADDED);
      write(response);
    }),
  );
  return await fetch(url, { headers: { connection: 'close' } });
}

const shared = { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', Vary: 'Accept' };

/** Each way to write a head with three fields of the application's own. */
const WRITERS: Record<string, (response: ServerResponse) => void> = {
  'set one by one': (response) => {
    for (const [name, value] of Object.entries(shared)) response.setHeader(name, value);
    response.end('text');
  },
  'given as an object': (response) => void response.writeHead(200, shared).end('text'),
  'given with a message': (response) => void response.writeHead(200, 'Fine', shared).end('text'),
  'given as a list': (response) => void response.writeHead(200, Object.entries(shared).flat()).end('text'),
  'given partly': (response) => {
    response.setHeader('vary', 'Accept');
    response.setHeader('Content-Type', 'text/html');
    response.writeHead(200, { 'content-type': 'text/plain', 'Cache-Control': 'no-store' }).end('text');
  },
};

describe('fields that are added with the head', () => {
  it.each(Object.keys(WRITERS))('stand beside those of the application, %s', async (way) => {
    const answer = await answered((response) => WRITERS[way]?.(response));
    expect(answer.status).toBe(200);
    expect(answer.statusText).toBe(way === 'given with a message' ? 'Fine' : 'OK');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      vary: 'Accept, authorization',
      ratelimit: '"orders";r=9',
    });
    expect(await answer.text()).toBe('text');
  });

  it('stand alone where the application has set none', async () => {
    for (const write of [
      (response: ServerResponse) => void response.end(),
      (response: ServerResponse) => void response.writeHead(201, 'Made').end(),
    ]) {
      expect(Object.fromEntries((await answered(write)).headers)).toMatchObject(ADDED);
    }
  });

  it('leave alone what the application gave: it may give the same object again', async () => {
    await answered((response) => void response.writeHead(200, shared).end());
    expect(shared).toEqual({ 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', Vary: 'Accept' });
  });

  it('keep a field that stands on several lines', async () => {
    const cookies = ['a=1', 'b=2'];
    for (const given of [{ 'Set-Cookie': cookies }, cookies.flatMap((cookie) => ['Set-Cookie', cookie])]) {
      const answer = await answered((response) => void response.writeHead(200, given).end());
      expect(answer.headers.getSetCookie()).toEqual(cookies);
      expect(answer.headers.get('ratelimit')).toBe(ADDED.ratelimit);
    }
  });

  it('are those of the first to ask where two ask for the same', async () => {
    const answer = await answered((response) => {
      addWithHead(response, { ratelimit: '"inner";r=1', vary: 'x-inner' });
      response.writeHead(200, { vary: 'accept' }).end();
    });
    expect(answer.headers.get('ratelimit')).toBe(ADDED.ratelimit);
    expect(answer.headers.get('vary')).toBe('accept, x-inner, authorization');
  });

  it('are written over HTTP/2', async () => {
    const url = await listen(
      createHttp2Server((_, response) => {
        addWithHead(response as typeof response & ServerResponse, ADDED);
        response.writeHead(200, { Vary: 'Accept' }).end('text');
      }),
    );
    const client = http2Connect(url);
    closers.push(() => client.destroy());
    const [fields] = await once(client.request(), 'response');
    expect(fields).toMatchObject({ ...ADDED, vary: 'Accept, authorization' });
  });
});
