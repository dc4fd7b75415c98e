/** Starts the server with a secret made for it, runs the client, and ends the server: all of it in one command. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';

const secret = process.env['COUNTERSIGN_SECRET'] ?? `cs1s_${randomBytes(32).toString('base64url')}`;
const { PORT: port = '3000' } = process.env;
const env = { ...process.env, COUNTERSIGN_SECRET: secret, API: `http://localhost:${port}` };
const path = (file: string): string => join(import.meta.dirname, file);

const server = spawn(process.execPath, [path('server.js')], {
  env,
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
});
// The server ends when this process does, and this one when it was started by a program that does.
process.once('disconnect', () => process.exit(1));
process.channel?.unref();
server.channel?.unref();
if (server.stdout === null) throw new Error('no output');
server.stdout.pipe(process.stdout);
const ended = once(server, 'exit');
const started = await Promise.race([once(server.stdout, 'data'), ended.then(() => undefined)]);
if (started === undefined) process.exit(1);
const client = spawn(process.execPath, [path('client.js')], { env, stdio: 'inherit' });
const [clientStatus] = await once(client, 'exit');
server.kill();
const [serverStatus] = await ended;
process.exitCode = clientStatus || serverStatus || 0;
