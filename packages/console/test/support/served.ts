/** A console behind a real server on a free port. It is closed with its test. */
import { type AddressInfo, connect } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { type Console, type ConsoleOptions, createConsole } from '../../src/index.js';

export interface ServedConsole extends Console {
  /** Without a slash at its end. */
  readonly base: string;
}

export async function serveApp(fetch: Hono['fetch']): Promise<string> {
  const address = await new Promise<AddressInfo>((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, resolve);
    onTestFinished(() => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    });
  });
  return `http://127.0.0.1:${address.port}`;
}

export async function serveConsole(options: ConsoleOptions = {}): Promise<ServedConsole> {
  const made = createConsole(options);
  const base = await serveApp(made.app.fetch);
  onTestFinished(made.close);
  return { ...made, base };
}

/** Asks for a target as it stands, with these header lines: `fetch` would tidy them up. Gives the status. */
export function statusOfRaw(base: string, target: string, lines: readonly string[] = []): Promise<number> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${lines.map((line) => `${line}\r\n`).join('')}Connection: close\r\n\r\n`,
      ),
    );
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
    });
    socket.on('error', reject).on('close', () => resolve(Number(answer.split(' ')[1])));
  });
}
