/** `nginx.conf`: paths arrive as they were sent, prefix and Host are made up for, and long signatures fit. */
import { createFetch, createSigner } from '@countersign/client';
import { AUDIENCE } from '../api.js';
import { partnerFetch } from '../client.js';
import type { Stage } from '../stage.js';
import { tell, title } from '../tell.js';
import { send } from '../wire.js';

const PATHS = ['%7Ea%20b?x=%2B&x=a+b', 'a%2Fb', 'a%2Bb', 'a%40b', 'a//b', 'caf%C3%A9/?'];
const MAX_FIELD_BYTES = 2_048;

export async function showPaths({ api, secret }: Stage): Promise<void> {
  title('3  nginx.conf: the path as it came, a fixed audience, prefix and proxies on the route');
  const fetch = partnerFetch(secret);
  for (const path of PATHS) {
    const response = await fetch(`${api}/v1/files/${path}`);
    const seen = response.ok ? Object.values((await response.json()) as object).join(' ') : '';
    tell(response.status === 200, `GET /partners/v1/files/${path}`, `${response.status} signed as ${seen}`);
  }
  const other = await send(`${api.replace('/partners', '/%70artners')}/v1/files/a`);
  tell(
    other.status === 404,
    'GET /%70artners/…: the location matches, nothing to strip',
    `${other.status} by nginx`,
  );

  const { fields, bytes } = longestSignature(secret);
  const long = await createFetch(longSigner(secret, fields))(`${api}/v1/files/a`, { headers: fields });
  tell(
    long.status === 200,
    `an Authorization field of ${bytes} of ${MAX_FIELD_BYTES} bytes`,
    String(long.status),
  );
}

/** Sixteen signed fields with names as long as fit. */
function longestSignature(secret: string): { fields: Record<string, string>; bytes: number } {
  const url = 'http://127.0.0.1/partners/v1/files/a';
  for (let length = 108; ; length--) {
    const names = Array.from({ length: 16 }, (_, n) => `x-${String(n).padStart(length, '0')}`);
    const fields = Object.fromEntries(names.map((name) => [name, 'v']));
    try {
      const signed = longSigner(secret, fields).sign({ method: 'GET', url, headers: fields });
      return { fields, bytes: signed['authorization']?.length ?? 0 };
    } catch {
      // Over the limit: shorter names.
    }
  }
}

function longSigner(secret: string, fields: Record<string, string>) {
  return createSigner({ keyId: 'partner_1', secret, audience: AUDIENCE, signHeaders: Object.keys(fields) });
}
