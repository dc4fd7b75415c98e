/** standardwebhooks: signs an id, a time and the body; neither method nor target. */
import { Webhook } from 'standardwebhooks';
import type { Call } from '../alternate.js';
import type { Body } from '../order-request.js';
import { made, repeated } from './calls.js';

const webhook = new Webhook(Buffer.alloc(32, 7).toString('base64'));

function sign(body: string | Buffer): Record<string, string> {
  const [id, at] = [`msg_${crypto.randomUUID()}`, new Date()];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': webhook.sign(id, at, body),
  };
}

export function signWithStandardWebhooks({ text }: Body): Call<undefined> {
  return repeated({ name: 'standardwebhooks', role: 'peer', note: 'body only', call: () => sign(text) });
}

export function verifyWithStandardWebhooks({ bytes }: Body): Call<Record<string, string>> {
  return {
    name: 'standardwebhooks',
    role: 'peer',
    note: 'MAC over the body, freshness; no replay check, no budget',
    prepare: (count) => made(count, () => sign(bytes)),
    call: (headers) => webhook.verify(bytes, headers, { jsonParse: false }),
  };
}
