/** Multipart bodies as curl's -F gives them (RFC 7578). The writing is the platform's. */
import { basename } from 'node:path';
import { readSource } from '../request/body-data.js';
import type { Terminal } from '../terminal/terminal.js';
import { UsageError } from '../terminal/usage-error.js';

interface MultipartBody {
  readonly bytes: Buffer;
  /** With the boundary. */
  readonly contentType: string;
}

/** @throws UsageError for a part that is not `name=…`, or a file that cannot be read */
export async function readForm(
  parts: readonly string[],
  texts: readonly string[],
  terminal: Terminal,
): Promise<MultipartBody> {
  const form = new FormData();
  for (const part of parts) {
    const { name, value } = split('-F', part);
    const [source = '', ...parameters] = /^[@<]/.test(value) ? value.split(';') : [value];
    const { type, filename } = readParameters(parameters);
    const path = source.slice(1);
    if (source.startsWith('@')) {
      const bytes = await readSource('-F', path, terminal);
      const blob = new Blob([new Uint8Array(bytes)], { type: type ?? 'application/octet-stream' });
      form.append(name, blob, filename ?? basename(path));
    } else {
      form.append(name, source.startsWith('<') ? (await readSource('-F', path, terminal)).toString() : value);
    }
  }
  for (const part of texts) {
    const { name, value } = split('--form-string', part);
    form.append(name, value);
  }
  const response = new Response(form);
  return {
    contentType: response.headers.get('content-type') ?? '',
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

function split(flag: string, part: string): { name: string; value: string } {
  const at = part.indexOf('=');
  if (at < 1) throw new UsageError(`${flag}: expected name=content, got ${JSON.stringify(part)}`);
  return { name: part.slice(0, at), value: part.slice(at + 1) };
}

function readParameters(parameters: readonly string[]): { type?: string; filename?: string } {
  const read: { type?: string; filename?: string } = {};
  for (const parameter of parameters) {
    const [, key, value = ''] = /^\s*(type|filename)=(.*)$/.exec(parameter) ?? [];
    if (key === 'type') read.type = value;
    else if (key === 'filename') read.filename = value.replace(/^"(.*)"$/, '$1');
    else throw new UsageError(`-F: ${JSON.stringify(parameter.trim())} is neither type= nor filename=`);
  }
  return read;
}
