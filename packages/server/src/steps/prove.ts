/**
 * Step 3: the MAC. One answer for every cause of failure, and on failure always the same number of HMACs, so that
 * neither text nor time tells an unknown key from a wrong signature.
 */
import {
  canonicalize,
  constantTimeEqual,
  importSecret,
  type ReadRequest,
  type SecretKey,
} from '@countersign/canonical';
import { activeSecrets, isUsable, type Key, MAX_SECRETS } from '../keys/key.js';

/** A secret that belongs to nobody, for keys that are not there. */
export function dummySecret(): SecretKey {
  return importSecret(crypto.getRandomValues(new Uint8Array(32)));
}

/** The secret of `key` under which the request's MAC is right, or `undefined`. */
export function prove(
  request: ReadRequest,
  key: Key | undefined,
  dummy: SecretKey,
  nowMs: number,
): SecretKey | undefined {
  const text = canonicalize(request.parts);
  const secrets = key !== undefined && isUsable(key, nowMs) ? activeSecrets(key, nowMs) : [];
  for (let i = 0; i < MAX_SECRETS; i++) {
    const secret = secrets[i] ?? dummy;
    const equal = constantTimeEqual(secret.hmacHex(text), request.authorization.sig);
    if (equal && secret !== dummy) return secret;
  }
  return undefined;
}
