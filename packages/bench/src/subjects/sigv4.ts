/** Three signers of AWS Signature Version 4. They sign only; who verifies signs again and compares. */

import { Hash } from '@smithy/hash-node';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import aws4 from 'aws4';
import { AwsV4Signer } from 'aws4fetch';
import type { Call } from '../alternate.js';
import { type Body, CONTENT_TYPE, HOST, METHOD, TARGET, URL_TEXT } from '../order-request.js';
import { repeated } from './calls.js';

const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const SERVICE = { service: 'execute-api', region: 'eu-central-1' };

export function signWithAws4({ text }: Body): Call<undefined> {
  return repeated({
    name: 'aws4',
    role: 'peer',
    call: () =>
      aws4.sign(
        {
          method: METHOD,
          host: HOST,
          path: TARGET,
          ...SERVICE,
          headers: { 'Content-Type': CONTENT_TYPE },
          body: text,
        },
        CREDENTIALS,
      ).headers['Authorization'],
  });
}

export function signWithSmithy({ text }: Body): Call<undefined> {
  const signer = new SignatureV4({ credentials: CREDENTIALS, ...SERVICE, sha256: Hash.bind(null, 'sha256') });
  const { pathname, searchParams } = new URL(URL_TEXT);
  const query = Object.fromEntries(searchParams);
  return repeated({
    name: '@smithy/signature-v4',
    role: 'peer',
    note: 'with @smithy/hash-node',
    call: () =>
      signer.sign(
        new HttpRequest({
          method: METHOD,
          protocol: 'https:',
          hostname: HOST,
          path: pathname,
          query,
          headers: { host: HOST, 'content-type': CONTENT_TYPE },
          body: text,
        }),
      ),
  });
}

export function signWithAws4fetch({ text }: Body): Call<undefined> {
  const cache = new Map<string, ArrayBuffer>();
  return repeated({
    name: 'aws4fetch',
    role: 'peer',
    note: 'WebCrypto',
    call: () =>
      new AwsV4Signer({
        method: METHOD,
        url: URL_TEXT,
        headers: { 'content-type': CONTENT_TYPE },
        body: text,
        ...CREDENTIALS,
        ...SERVICE,
        cache,
      }).sign(),
  });
}
