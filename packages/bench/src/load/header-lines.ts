/** Header lines for wrk: signatures that are fresh and unique, and the ones that a flood is made of. */
import { randomBytes } from 'node:crypto';
import type { Signer } from '@countersign/client';
import { type Body, CONTENT_TYPE, HOST, METHOD, TARGET, URL_TEXT } from '../order-request.js';
import { benchSigner, LIMITED_KEY } from '../subjects/countersign.js';
import { hawkHeader } from '../subjects/hawk.js';

export type MakeLine = () => string;

export function makeLines(count: number, make: MakeLine): string[] {
  return Array.from({ length: count }, make);
}

export function unsignedLine(): MakeLine {
  return () => 'X-Unsigned: 1';
}

export function countersignLine(body: Body, signer: Signer = benchSigner()): MakeLine {
  const input = {
    method: METHOD,
    url: URL_TEXT,
    headers: { 'content-type': CONTENT_TYPE },
    body: body.bytes,
  };
  return () => `Authorization: ${signer.sign(input)['authorization']}`;
}

/** Well-formed, of a key that exists, with a MAC that is not its. */
export function wronglySignedLine(body: Body): MakeLine {
  const line = countersignLine(body);
  return () => line().replace(/sig="[0-9a-f]+"/, `sig="${randomBytes(32).toString('hex')}"`);
}

/** Rightly signed, and over the budget of its key. */
export function overLimitLine(body: Body): MakeLine {
  return countersignLine(body, benchSigner(LIMITED_KEY));
}

export function hawkLine(body: Body): MakeLine {
  // hawk signs host and port; the requests of wrk name a host without one.
  return () => `Authorization: ${hawkHeader(body.bytes, `http://${HOST}${TARGET}`)}`;
}
