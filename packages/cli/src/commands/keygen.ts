/** `countersign keygen`: a new key. It is printed and kept nowhere. */
import { formatSecret, requireKeyId } from '@countersign/canonical';
import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { asUsage } from '../terminal/usage-error.js';

const SECRET_BYTES = 32;

interface KeygenOptions {
  readonly id?: string;
  readonly json?: true;
}

export const keygenCommand: MakeCommand = (terminal) =>
  new Command('keygen')
    .description('make a key: an id and a secret')
    .option('--id <id>', 'the key id; default: a random one')
    .option('--json', 'as JSON, fit for --key-file')
    .addHelpText(
      'after',
      `
Examples:
  $ countersign keygen
  $ (umask 077; countersign keygen --id partner_1 --json > partner_1.key.json)`,
    )
    .action(({ id, json }: KeygenOptions) => {
      const keyId = id === undefined ? randomKeyId() : asUsage('--id', () => requireKeyId('id', id));
      const secret = formatSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
      terminal.write(
        json
          ? `${JSON.stringify({ keyId, secret }, undefined, 2)}\n`
          : `key id  ${keyId}\nsecret  ${secret}\n`,
      );
      terminal.writeError('The secret is shown this once: keep it where secrets are kept.\n');
    });

function randomKeyId(): string {
  return `key_${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
}
