/** The server's own process: serves what it is told, sends its parent the port, and ends with it. */
import { serveExpress } from './express-app.js';
import { serveHono } from './hono-app.js';
import type { Protection } from './protection.js';

const [framework, protection] = process.argv.slice(2) as ['hono' | 'express', Protection];
process.on('disconnect', () => process.exit(0));
process.send?.(await (framework === 'hono' ? serveHono(protection) : serveExpress(protection)));
