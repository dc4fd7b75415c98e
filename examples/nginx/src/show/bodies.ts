/** Two limits of a body, and what became of one that was cut. */
import { randomUUID } from 'node:crypto';
import { createSigner } from '@countersign/client';
import { waitUntil } from '@countersign/testkit/redis';
import { AUDIENCE } from '../api.js';
import type { Stage } from '../stage.js';
import { tell, title } from '../tell.js';
import { send, sendHalf } from '../wire.js';

const KIB = 1024;
const LOG_MS = 10_000;
const JSON_TYPE = { 'content-type': 'application/json' };

export async function showBodies({ api, secret, nginx }: Stage): Promise<void> {
  title('5  Bodies: maxBodyBytes is 64 KiB, client_max_body_size 80k, proxy_request_buffering on');
  const signer = createSigner({ keyId: 'partner_1', secret, audience: AUDIENCE });
  const order = (bytes: number) => {
    const url = `${api}/v1/orders/${randomUUID()}`;
    const body = JSON.stringify({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
    return {
      url,
      body,
      headers: { ...JSON_TYPE, ...signer.sign({ method: 'PUT', url, headers: JSON_TYPE, body }) },
    };
  };
  const put = async (bytes: number) => {
    const { url, body, headers } = order(bytes);
    return send(url, { method: 'PUT', headers, body });
  };
  const [fits, ours, theirs] = [await put(64 * KIB), await put(72 * KIB), await put(96 * KIB)];
  tell(fits.status === 201, '64 KiB', `${fits.status} ${fits.code}`);
  tell(
    ours.code === 'body-too-large' && ours.verdict,
    '72 KiB',
    `${ours.status} ${ours.code}, with a verdict`,
  );
  tell(theirs.status === 413 && !theirs.verdict, '96 KiB', `${theirs.status} by nginx, which nobody signed`);

  const cut = order(32 * KIB);
  await sendHalf(cut.url, cut.headers, cut.body);
  // nginx's log says to which process it sent a request; to none, where that is a dash.
  const { pathname } = new URL(cut.url);
  const logged = () => nginx.log().find((line) => line.includes(pathname));
  const line = await waitUntil('the end of the cut upload', LOG_MS, logged);
  const whole = await send(cut.url, { method: 'PUT', headers: cut.headers, body: cut.body });
  const heard = line.split(' ').slice(-3).join(' ');
  tell(
    line.endsWith('via -'),
    'an upload that is cut in the middle',
    `${heard}: the API has not heard of it`,
  );
  tell(whole.status === 201, '  and the same signature with the whole body', `${whole.status} ${whole.code}`);
}
