/** Runs in the page. The key that the login gives stays in this closure: not in localStorage, not in a cookie, not in the page. */
import { createFetch, createSigner, type SignedFetch } from '@countersign/client';

export interface SessionOptions {
  readonly now?: () => number;
  readonly maxWaitMs?: number;
}

/** Logs in at the page's own origin, whose session says who the user is, and signs with the key that it gives. */
export async function startSession({
  now = Date.now,
  maxWaitMs = 5_000,
}: SessionOptions = {}): Promise<SignedFetch> {
  const login = await fetch('/login', { method: 'POST' });
  if (!login.ok) throw new Error(`login: ${login.status}`);
  const { keyId, secret } = (await login.json()) as { keyId: string; secret: string };
  return createFetch(createSigner({ keyId, secret, now }), { maxWaitMs });
}
