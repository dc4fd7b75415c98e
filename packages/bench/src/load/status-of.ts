/** Sends one order and gives the status of its answer. `fetch` would not send a Host of one's own. */
import { request } from 'node:http';
import { type Body, METHOD, TARGET } from '../order-request.js';

export function statusOf(port: number, headers: Record<string, string>, { bytes }: Body): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: METHOD, path: TARGET, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}
