/** Failures by strangers are counted by the address that called nginx, which no caller can invent. */
import { createSigner } from '@countersign/client';
import { AUDIENCE } from '../api.js';
import { partnerFetch } from '../client.js';
import type { Stage } from '../stage.js';
import { tell, title } from '../tell.js';
import { send } from '../wire.js';

/** Twice the limit of each process. */
const GUESSES = 24;
const WRONG_SECRET = `cs1s_${'A'.repeat(43)}`;

export async function showAddresses({ api, secret }: Stage): Promise<void> {
  title('4  proxies: 1, so that strangers are told apart by the address that called nginx');
  const url = `${api}/v1/files/a`;
  const guess = (from: string, forwarded?: string) => {
    const guesser = createSigner({ keyId: 'partner_1', secret: WRONG_SECRET, audience: AUDIENCE });
    const headers = guesser.sign({ method: 'GET', url });
    if (forwarded !== undefined) headers['x-forwarded-for'] = forwarded;
    return send(url, { headers, from });
  };
  for (let n = 0; n < GUESSES; n++) await guess('127.0.0.2');
  const spent = await guess('127.0.0.2');
  tell(spent.status === 429, `127.0.0.2 after ${GUESSES} wrong signatures`, `${spent.status} ${spent.code}`);
  const invented = await guess('127.0.0.2', '203.0.113.9');
  tell(invented.status === 429, '  with X-Forwarded-For: 203.0.113.9', `${invented.status} ${invented.code}`);
  const other = await guess('127.0.0.3');
  tell(other.status === 401, '127.0.0.3 with one wrong signature', `${other.status} ${other.code}`);
  const blamed = await guess('127.0.0.4', '127.0.0.2');
  tell(blamed.status === 401, '127.0.0.4 with X-Forwarded-For: 127.0.0.2', `${blamed.status} ${blamed.code}`);
  const signer = createSigner({ keyId: 'partner_1', secret, audience: AUDIENCE });
  const right = await send(url, { headers: signer.sign({ method: 'GET', url }), from: '127.0.0.2' });
  tell(right.status === 200, '127.0.0.2 with a right signature: never refused for that', `${right.status}`);
  const { status } = await partnerFetch(secret)(url);
  tell(status === 200, '127.0.0.1 with a right signature', String(status));
}
