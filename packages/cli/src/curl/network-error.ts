/** What happened on the network, in one line, and the exit status that curl has for it. */
import { ConnectTimeoutError } from './transport.js';

export interface NetworkEnd {
  /** curl's exit status. */
  readonly status: number;
  readonly text: string;
}

type Describe = (url: URL, message: string) => NetworkEnd;

const cannotConnect =
  (what: string): Describe =>
  (url) => ({ status: 7, text: `cannot connect to ${url.host}: ${what}` });

const BY_CODE: Readonly<Record<string, Describe>> = {
  ENOTFOUND: (url) => ({ status: 6, text: `host not found: ${url.hostname}` }),
  EAI_AGAIN: (url) => ({ status: 6, text: `no name server answers for ${url.hostname}` }),
  ECONNREFUSED: cannotConnect('connection refused'),
  EHOSTUNREACH: cannotConnect('no route to the host'),
  ENETUNREACH: cannotConnect('no route to the network'),
  EADDRNOTAVAIL: cannotConnect('no such address'),
  ETIMEDOUT: (url) => ({ status: 28, text: `${url.host} did not answer in time` }),
  EPROTO: (url, message) => ({ status: 35, text: `no TLS with ${url.host}: ${message}` }),
  ECONNRESET: (url) => ({ status: 56, text: `${url.host} closed the connection without an answer` }),
  EPIPE: (url) => ({ status: 55, text: `${url.host} closed the connection while the request was sent` }),
};

/** The codes of OpenSSL's verification and of Node's check of the name. */
const CERTIFICATE = /CERT|UNABLE_TO_|CRL_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH/;

/** Describes what a transport rejected with. */
export function networkEnd(error: unknown, url: URL): NetworkEnd {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ConnectTimeoutError) return { status: 28, text: `${url.host}: ${message}` };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = firstLine(message);
  if (CERTIFICATE.test(code)) {
    return { status: 60, text: `the certificate of ${url.host} is not accepted: ${text} (${code})` };
  }
  if (code.startsWith('ERR_SSL')) return { status: 35, text: `no TLS with ${url.host}: ${text}` };
  if (code.startsWith('HPE_')) return { status: 8, text: `${url.host} does not answer with HTTP: ${text}` };
  return BY_CODE[code]?.(url, text) ?? { status: 56, text: `${url.host}: ${text}` };
}

/** Whether it will be the same at the next attempt. */
export function isLasting({ status }: NetworkEnd): boolean {
  return status === 6 || status === 35 || status === 60;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
