/** Bodies as curl's -d family gives them: texts, files, standard input, joined in the order of the command line. */
import { readFileSync } from 'node:fs';
import type { Terminal } from '../terminal/terminal.js';
import { asUsage, UsageError } from '../terminal/usage-error.js';

export type DataKind = 'data' | 'raw' | 'binary' | 'urlencode' | 'json';

/** One flag with its value. */
export interface DataPart {
  readonly kind: DataKind;
  readonly value: string;
}

/** The bytes of a body; `undefined` when no part was given. */
export async function readData(
  parts: readonly DataPart[],
  terminal: Pick<Terminal, 'readInput'>,
): Promise<Buffer | undefined> {
  if (parts.length === 0) return undefined;
  const pieces: Buffer[] = [];
  for (const part of parts) {
    if (pieces.length > 0 && part.kind !== 'json') pieces.push(Buffer.from('&'));
    pieces.push(await readPart(part, terminal));
  }
  return Buffer.concat(pieces);
}

/**
 * The body that `-d` and `--data-file` name; `undefined` when neither is given.
 *
 * @throws UsageError when both are
 */
export async function readNamedBody(
  { data = [], dataFile }: { readonly data?: readonly string[]; readonly dataFile?: string },
  terminal: Pick<Terminal, 'readInput'>,
): Promise<Buffer | undefined> {
  if (dataFile === undefined) {
    const parts = data.map((value): DataPart => ({ kind: 'data', value }));
    return readData(parts, terminal);
  }
  if (data.length > 0) throw new UsageError('give -d or --data-file, not both');
  return readSource('--data-file', dataFile, terminal);
}

/** A file's bytes; `-` is standard input. */
export async function readSource(
  flag: string,
  path: string,
  { readInput }: Pick<Terminal, 'readInput'>,
): Promise<Buffer> {
  return path === '-' ? Buffer.from(await readInput()) : asUsage(flag, () => readFileSync(path));
}

async function readPart({ kind, value }: DataPart, terminal: Pick<Terminal, 'readInput'>): Promise<Buffer> {
  if (kind === 'urlencode') return readEncoded(value, terminal);
  if (kind === 'raw' || !value.startsWith('@')) return Buffer.from(value);
  const bytes = await readSource(kind === 'json' ? '--json' : '-d', value.slice(1), terminal);
  // curl takes line ends and NUL out of a file that -d names; a file that is to be sent as it is has --data-binary.
  return kind === 'data'
    ? Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13 && byte !== 0))
    : bytes;
}

/** `content`, `=content`, `name=content`, `@file`, `name@file`: the name stands, the content is encoded. */
async function readEncoded(value: string, terminal: Pick<Terminal, 'readInput'>): Promise<Buffer> {
  const at = value.search(/[=@]/);
  const name = value.slice(0, Math.max(0, at));
  const rest = value.slice(at + 1);
  const content =
    value[at] === '@' ? await readSource('--data-urlencode', rest, terminal) : Buffer.from(rest);
  return Buffer.from((name === '' ? '' : `${name}=`) + percentEncode(content));
}

/** Every octet but the unreserved characters as `%XX`, a space as `+`, as curl has it. */
function percentEncode(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9\-._~]/g,
      (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .replaceAll('%20', '+');
}
