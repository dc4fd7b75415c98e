/** Calls that are sent once and told as they were answered: no retry, no wait. */
import { createSigner } from '@countersign/client';
import { AUDIENCE } from './server.js';

export interface Answer {
  readonly status: number;
  /** `admitted`, or the problem's code. */
  readonly code: string;
  /** What the caller sees of each budget on the way. */
  readonly rateLimit: readonly string[];
  /** The budgets that are spent. */
  readonly spent: string;
  readonly retryAfter: string | null;
}

export type Caller = (method: string, url: string) => Promise<Answer>;

export function caller(keyId: string, secret: string): Caller {
  const signer = createSigner({ keyId, secret, audience: AUDIENCE });
  return async (method, url) => {
    const response = await fetch(url, { method, headers: signer.sign({ method, url }) });
    const { headers, status } = response;
    const said = (await response.json()) as { code?: string; 'violated-policies'?: string[] };
    return {
      status,
      code: said.code ?? 'admitted',
      rateLimit: headers.get('ratelimit')?.split(', ') ?? [],
      spent: said['violated-policies']?.join(', ') ?? '',
      retryAfter: headers.get('retry-after'),
    };
  };
}

/** `20 admitted, 11 rate-limited`. */
export function tally(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { code } of answers) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${count} ${code}`).join(', ');
}
