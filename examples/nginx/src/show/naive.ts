/** What breaks with `naive.conf`, one cause after the other, and what the refusals say. */
import { createFetch, createSigner } from '@countersign/client';
import { AUDIENCE } from '../api.js';
import type { Stage } from '../stage.js';
import { tell, title } from '../tell.js';

interface Problem {
  readonly code?: string;
  readonly debug?: { readonly cause: string };
}

export async function showNaive({ naive, secret }: Stage): Promise<void> {
  title('1  naive.conf: `location /partners/ { proxy_pass http://naive_api/; }`');
  // With debug on both sides an invalid-signature answer names the line that differs, and the likely cause.
  const signer = createSigner({ keyId: 'partner_1', secret, audience: AUDIENCE, debug: true });
  const fetch = createFetch(signer);
  const get = async (path: string) => {
    const response = await fetch(`${naive}${path}`);
    const problem = (response.ok ? {} : await response.json()) as Problem;
    const { code = 'served', debug } = problem;
    return { code, said: `${response.status} ${code}${debug === undefined ? '' : `: ${debug.cause}`}` };
  };
  const list = await get('/list/a');
  tell(list.code === 'wrong-audience', `audience: ['${AUDIENCE}']`, `${list.said} (Host is naive_api)`);
  const fixed = await get('/fixed/a');
  tell(/lost its prefix \/partners/.test(fixed.said), `audience: '${AUDIENCE}'`, fixed.said);
  const prefixed = await get('/prefixed/a');
  tell(prefixed.code === 'served', "  and prefix: '/partners'", prefixed.said);
  const same = await get('/prefixed/%7Ea%20b?x=%2B');
  tell(same.code === 'served', '  /%7Ea%20b?x=%2B, spelled anew by nginx with one meaning', same.said);
  for (const path of ['a%2Fb', 'a%2Bb', 'a%40b', 'a//b']) {
    const { code, said } = await get(`/prefixed/${path}`);
    tell(code === 'invalid-signature', `  /${path}, changed by nginx`, said);
  }
}
