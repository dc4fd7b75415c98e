/** One process of a service, with a store of its own. Options come as JSON in the first argument; the port goes back. */
import { createServer } from 'node:http';
import { createVerifier, keyring, memoryStore } from '@countersign/server';

const { horizonFile, secret, audience, limits, tolerance } = JSON.parse(process.argv[2] ?? '{}');

let store;
try {
  store = memoryStore({ horizonFile, onWarning: () => {} });
} catch (error) {
  process.send({ refused: String(error) });
  process.exit(1);
}
const keys = keyring({ key_1: { secret, scopes: ['orders'] } });
const verifier = createVerifier({ keys, audience, store, limits, tolerance });

const server = createServer(async (request, response) => {
  const { method, url: target, rawHeaders } = request;
  const headers = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1]]] : []));
  const verdict = await verifier.verify({ method, target, headers }, { scope: 'orders', body: '' });
  response.statusCode = verdict.ok ? 200 : verdict.status;
  response.end(verdict.ok ? 'admitted' : verdict.code);
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', async () => {
  server.close();
  server.closeAllConnections();
  await verifier.close();
  process.disconnect();
});
