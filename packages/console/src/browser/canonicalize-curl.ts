/**
 * A `curl` command line as a request: what browsers write for "copy as cURL" (for bash), and what people type. It reads
 * the options that shape a request; of the others it knows those that take a value, and says which it left out.
 * `countersign curl` has readers of its own: it declares its flags and reads files, and refuses what it cannot send.
 */
import { split } from 'shlex';

/** A request that was pasted. */
export interface PastedRequest {
  readonly method: string;
  readonly target: string;
  /** `Name: value`, one a line. */
  readonly headers: readonly string[];
  readonly body: string;
  /** What could not be taken over, in words. */
  readonly notes: readonly string[];
}

/** Options that take a value, by what their long form is. */
const SHORT: Record<string, string> = {
  X: 'request',
  H: 'header',
  d: 'data',
  G: 'get',
  I: 'head',
  u: 'user',
  A: 'user-agent',
  e: 'referer',
  b: 'cookie',
  F: 'form',
  T: 'upload-file',
  o: 'output',
  m: 'max-time',
  w: 'write-out',
  x: 'proxy',
  c: 'cookie-jar',
  E: 'cert',
};
const WITHOUT_VALUE = new Set(['get', 'head']);
/** Long options with a value that does not shape what is signed. */
const OF_NO_CONCERN = new Set(
  'output max-time connect-timeout write-out proxy cookie-jar cert key cacert resolve retry retry-delay max-redirs limit-rate ciphers tls-max interface'.split(
    ' ',
  ),
);
const DATA = new Set(['data', 'data-ascii', 'data-raw', 'data-binary', 'data-urlencode', 'json']);
const AS_FIELD: Record<string, string> = { 'user-agent': 'User-Agent', referer: 'Referer', cookie: 'Cookie' };
/** Where the command ends: what follows is for the shell. */
const ENDS = new Set(['|', '||', '&', '&&', ';', '>', '>>', '2>', '<']);

interface Command {
  method?: string;
  url?: string;
  get: boolean;
  headers: string[];
  data: string[];
  json: boolean;
  notes: string[];
}

/** Whether a text is meant to be a command line for curl. */
export function isCurl(text: string): boolean {
  return /^\s*(?:\$ )?curl(?:\.exe)?\s/.test(text);
}

/**
 * Reads a command line.
 *
 * @throws TypeError for one that cannot be read, or that names no URL
 */
export function readCurl(text: string): PastedRequest {
  if (/\^["\n]/.test(text)) throw new TypeError('this is for cmd.exe: choose "Copy as cURL (bash)"');
  const words = splitWords(text.trim().replace(/^\$ /, ''));
  const end = words.findIndex((word) => ENDS.has(word));
  const command: Command = { get: false, headers: [], data: [], json: false, notes: [] };
  readWords(end < 0 ? words.slice(1) : words.slice(1, end), command);
  if (command.url === undefined) throw new TypeError('the command names no URL');
  const data = command.data.join('&');
  const sendsBody = command.data.length > 0 && !command.get;
  return {
    method: command.method ?? (sendsBody ? 'POST' : 'GET'),
    target: withQuery(withScheme(command.url), command.get ? data : ''),
    headers: withDefaults(command, sendsBody),
    body: sendsBody ? data : '',
    notes: command.notes,
  };
}

function splitWords(text: string): string[] {
  try {
    return split(text);
  } catch {
    throw new TypeError('a quotation mark is not closed');
  }
}

function readWords(words: readonly string[], command: Command): void {
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word.startsWith('--')) {
      const name = word.slice(2);
      const takesValue =
        name === 'url' ||
        name === 'request' ||
        name === 'header' ||
        name === 'user' ||
        name === 'form' ||
        name === 'upload-file' ||
        Object.hasOwn(AS_FIELD, name) ||
        DATA.has(name) ||
        OF_NO_CONCERN.has(name);
      option(name, takesValue ? (left.shift() ?? '') : '', command);
    } else if (word.startsWith('-') && word !== '-') {
      readShort(word.slice(1), left, command);
    } else if (command.url === undefined) {
      command.url = word;
    } else {
      command.notes.push(`left out: ${word}`);
    }
  }
}

/** `-sSXPOST`: letters without a value, then one whose value is the rest, or the next word. */
function readShort(letters: string, left: string[], command: Command): void {
  for (let at = 0; at < letters.length; at++) {
    const name = SHORT[letters[at] ?? ''];
    if (name === undefined) continue;
    if (WITHOUT_VALUE.has(name)) {
      option(name, '', command);
      continue;
    }
    const rest = letters.slice(at + 1);
    option(name, rest === '' ? (left.shift() ?? '') : rest, command);
    return;
  }
}

function option(name: string, value: string, command: Command): void {
  const field = Object.hasOwn(AS_FIELD, name) ? AS_FIELD[name] : undefined;
  if (field !== undefined) command.headers.push(`${field}: ${value}`);
  else if (DATA.has(name)) readData(name, value, command);
  else if (name === 'request') command.method = value;
  else if (name === 'header') readHeader(value, command);
  else if (name === 'url') command.url = value;
  else if (name === 'get') command.get = true;
  else if (name === 'head') command.method ??= 'HEAD';
  else if (name === 'user') command.headers.push(`Authorization: Basic ${btoa(value)}`);
  else if (name === 'form' || name === 'upload-file') {
    command.notes.push(`--${name}: choose the body's bytes as a file`);
  }
}

function readData(name: string, value: string, command: Command): void {
  if (value.startsWith('@') && name !== 'data-raw') {
    command.notes.push(`the body is in the file ${value.slice(1)}: choose it as the body`);
    command.data.push('');
    return;
  }
  if (name === 'json') command.json = true;
  command.data.push(name === 'data-urlencode' ? urlEncoded(value) : value);
}

/** `content`, `=content` or `name=content`: the content is encoded, a space as `+`. */
function urlEncoded(value: string): string {
  const equals = value.indexOf('=');
  const content = encodeURIComponent(value.slice(equals + 1))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
  return equals > 0 ? `${value.slice(0, equals)}=${content}` : content;
}

/** `Name;` sends an empty field, `Name:` takes away one that curl would send. */
function readHeader(value: string, command: Command): void {
  if (/^[^:]+;$/.test(value)) command.headers.push(`${value.slice(0, -1)}: `);
  else if (!/^[^:]+:\s*$/.test(value)) command.headers.push(value.replace(/^([^:]+):\s*/, '$1: '));
}

function withDefaults({ headers, json }: Command, sendsBody: boolean): string[] {
  const has = (name: string): boolean => headers.some((line) => line.toLowerCase().startsWith(`${name}:`));
  if (!sendsBody || has('content-type')) return headers;
  return [...headers, `Content-Type: ${json ? 'application/json' : 'application/x-www-form-urlencoded'}`];
}

function withScheme(url: string): string {
  const [withoutFragment = ''] = url.split('#');
  return /^[a-z]+:\/\//i.test(withoutFragment) ? withoutFragment : `http://${withoutFragment}`;
}

function withQuery(url: string, data: string): string {
  if (data === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${data}`;
}
