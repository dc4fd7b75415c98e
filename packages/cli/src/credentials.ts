/**
 * The key that a command signs with: its id and its secret. The secret comes from the environment or a file, never from the
 * command line, where every process of the machine could read it.
 */
import { readFileSync } from 'node:fs';
import { requireKeyId, secretBytes } from '@countersign/canonical';
import type { Command } from 'commander';
import type { Terminal } from './terminal/terminal.js';
import { asUsage, UsageError } from './terminal/usage-error.js';

export interface Credentials {
  readonly keyId: string;
  /** Its bytes. */
  readonly secret: Uint8Array;
}

/** What commander makes of the options. */
export interface CredentialOptions {
  readonly key?: string;
  readonly keyFile?: string;
}

const KEY_ID = 'COUNTERSIGN_KEY_ID';
const SECRET = 'COUNTERSIGN_SECRET';

const CREDENTIALS_HELP = `
The key: its id by --key or ${KEY_ID}, its secret by ${SECRET};
or both from a file that "countersign keygen --json" wrote, by --key-file.`;

/** Adds the options that name a key. */
export function withCredentials(command: Command): Command {
  return command
    .option('--key <id>', `key id; default $${KEY_ID}`)
    .option('--key-file <file>', 'JSON with keyId and secret, as keygen --json writes it')
    .addHelpText('after', CREDENTIALS_HELP);
}

/** @throws UsageError that says how to name a key */
export function readCredentials({ key, keyFile }: CredentialOptions, { environment }: Terminal): Credentials {
  const file = keyFile === undefined ? undefined : readKeyFile(keyFile);
  const keyId = key ?? file?.keyId ?? environment[KEY_ID];
  const secret = file?.secret ?? environment[SECRET];
  if (keyId === undefined)
    throw new UsageError(`no key: give --key <id> or --key-file <file>, or set ${KEY_ID}`);
  if (secret === undefined) throw new UsageError(`no secret: set ${SECRET}, or give --key-file <file>`);
  return {
    keyId: asUsage('--key', () => requireKeyId('key', keyId)),
    secret: asUsage(keyFile ?? SECRET, () => secretBytes(secret)),
  };
}

function readKeyFile(path: string): { readonly keyId?: string; readonly secret: string } {
  const text = asUsage('--key-file', () => readFileSync(path, 'utf8'));
  const read = parseJson(text);
  if (typeof read !== 'object' || read === null || !('secret' in read) || typeof read.secret !== 'string') {
    throw new UsageError(
      `${path}: expected JSON as "countersign keygen --json" writes it, with keyId and secret`,
    );
  }
  return 'keyId' in read && typeof read.keyId === 'string'
    ? { keyId: read.keyId, secret: read.secret }
    : { secret: read.secret };
}

/** What is no JSON is nothing; the error of `JSON.parse` would quote the file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
