// A server for the fuzz campaign's own tests: it answers all that is not right with what was asked for.
import { createServer } from 'node:http';

const fault = process.env.FAULT;
const server = createServer((request, response) => {
  if (fault === 'crash' && request.headers['user-agent'] !== 'fuzz') throw new Error('of the server');
  if (fault === 'hang' && request.headers['user-agent'] !== 'fuzz') return;
  const known = JSON.stringify({ nonce: '0', covered: '[]', bodyDigest: '' });
  response.statusCode = fault === '500' ? 500 : 200;
  response.end(fault === 'meaning' ? known : '');
});
process.on('uncaughtException', (error) => process.send({ uncaught: String(error) }));
process.on('disconnect', () => process.exit());
server.listen(0, () => process.send({ ports: { broken: server.address().port } }));
