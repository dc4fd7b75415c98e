/** From curl's flags to the request that is to be signed and sent. It sends nothing. */
import { basename } from 'node:path';
import type { FieldLine } from '@countersign/canonical';
import { type DataPart, readData, readSource } from '../request/body-data.js';
import { readHeaderLines } from '../request/header-lines.js';
import { requestUrl } from '../request/request-url.js';
import type { Terminal } from '../terminal/terminal.js';
import { UsageError } from '../terminal/usage-error.js';
import type { CurlFlags } from './flags.js';
import { readForm } from './multipart.js';

export interface PlannedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly FieldLine[];
  readonly body: Buffer | undefined;
}

const USER_AGENT = 'countersign';
/** Written by the transport, from what is sent. */
const OWN_FIELDS = ['content-length', 'transfer-encoding'];

/** @throws UsageError for flags that contradict each other, files that cannot be read, and what cannot be sent */
export async function planRequest(
  word: string | undefined,
  flags: CurlFlags,
  data: readonly DataPart[],
  terminal: Terminal,
): Promise<PlannedRequest> {
  if (word !== undefined && flags.url !== undefined) throw new UsageError('one URL at a time');
  const given = word ?? flags.url;
  if (given === undefined) throw new UsageError('no URL: give one');
  const url = requestUrl(given);
  const content = await readContent(flags, data, terminal);
  const inQuery = flags.get === true && data.length > 0;
  if (inQuery) appendQuery(url, content.body);
  if (flags.uploadFile !== undefined && flags.uploadFile !== '-' && url.pathname.endsWith('/')) {
    url.pathname += encodeURIComponent(basename(flags.uploadFile));
  }
  const body = inQuery ? undefined : content.body;
  const method = flags.request ?? defaultMethod(flags, body);
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new UsageError(`${method} carries no body: use -G to put the data into the query, or -X`);
  }
  if (/^(connect|trace|track)$/i.test(method)) throw new UsageError(`-X: ${method} cannot be sent by fetch`);
  return { method, url, body, headers: readHeaders(flags, inQuery ? {} : content.fields) };
}

interface Content {
  readonly body: Buffer | undefined;
  /** Fields that the kind of the body adds, unless they are named. */
  readonly fields: Readonly<Record<string, string>>;
}

async function readContent(
  flags: CurlFlags,
  data: readonly DataPart[],
  terminal: Terminal,
): Promise<Content> {
  const { form = [], formString = [], uploadFile } = flags;
  const multipart = form.length + formString.length > 0;
  if (Number(multipart) + Number(data.length > 0) + Number(uploadFile !== undefined) > 1) {
    throw new UsageError('-d, -F and -T each give the whole body: choose one of them');
  }
  if (multipart) {
    const { bytes, contentType } = await readForm(form, formString, terminal);
    return { body: bytes, fields: { 'content-type': contentType } };
  }
  if (uploadFile !== undefined) return { body: await readSource('-T', uploadFile, terminal), fields: {} };
  const body = await readData(data, terminal);
  if (body === undefined) return { body, fields: {} };
  return data.some(({ kind }) => kind === 'json')
    ? { body, fields: { 'content-type': 'application/json', accept: 'application/json' } }
    : { body, fields: { 'content-type': 'application/x-www-form-urlencoded' } };
}

function appendQuery(url: URL, data: Buffer | undefined): void {
  const text = data?.toString('latin1') ?? '';
  // Beyond ASCII each octet is encoded, as `URL` would do with the characters.
  const encoded = text.replace(/[^\x21-\x7e]|#/g, (octet) => {
    return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  if (encoded !== '') url.search = url.search === '' ? encoded : `${url.search}&${encoded}`;
}

function defaultMethod({ head, uploadFile }: CurlFlags, body: Buffer | undefined): string {
  if (head) return 'HEAD';
  if (uploadFile !== undefined) return 'PUT';
  return body === undefined ? 'GET' : 'POST';
}

function readHeaders(flags: CurlFlags, fields: Readonly<Record<string, string>>): readonly FieldLine[] {
  const { lines, removed } = readHeaderLines(flags.header ?? []);
  const named = new Set([...removed, ...lines.map(([name]) => name.toLowerCase())]);
  for (const name of OWN_FIELDS) {
    if (named.has(name)) throw new UsageError(`-H: ${name} is written by this command`);
  }
  const added: Readonly<Record<string, string | undefined>> = {
    'user-agent': flags.userAgent ?? USER_AGENT,
    accept: '*/*',
    ...fields,
    ...(flags.compressed ? { 'accept-encoding': 'gzip, deflate, br' } : {}),
    ...(flags.referer === undefined ? {} : { referer: flags.referer }),
    ...(flags.cookie === undefined ? {} : { cookie: readCookies(flags.cookie) }),
  };
  const own = Object.entries(added).filter(([name, value]) => !named.has(name) && value !== '');
  return [...own.map(([name, value = '']) => [name, value] as const), ...lines];
}

function readCookies(given: readonly string[]): string {
  for (const pairs of given) {
    if (!pairs.includes('=')) throw new UsageError("-b: expected 'name=value': cookie files are not read");
  }
  return given.join('; ');
}
