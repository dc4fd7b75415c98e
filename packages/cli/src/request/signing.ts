/** The options that say how a request is signed, and the signer made of them. */
import { createSigner, type Signer, type SignerOptions } from '@countersign/client';
import type { Command } from 'commander';
import type { Credentials } from '../credentials.js';
import { UsageError } from '../terminal/usage-error.js';

/** What commander makes of the options. */
export interface SigningOptions {
  readonly scope?: string;
  readonly audience?: string;
  readonly signHeader?: readonly string[];
}

/** Adds them. The option that names the signature's own field is the command's: curl has another `--header`. */
export function withSigning(command: Command): Command {
  return command
    .option(
      '--scope <scope>',
      'what the request is for, such as orders:write; default: the scope of the route',
    )
    .option('--audience <authority>', "whom the server takes itself for; default: the URL's host")
    .option('--sign-header <name>', 'sign this field too, where it is present; may be repeated', collect);
}

/** Collects an option that may be repeated. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** @throws UsageError that names the option */
export function makeSigner(
  { keyId, secret }: Credentials,
  { scope, audience, signHeader }: SigningOptions,
  more: Partial<SignerOptions>,
  headerFlag = '--header',
): Signer {
  const attempt = (): Signer =>
    createSigner({
      keyId,
      secret,
      ...(scope === undefined ? {} : { scope }),
      ...(audience === undefined ? {} : { audience }),
      ...(signHeader === undefined ? {} : { signHeaders: signHeader }),
      ...more,
    });
  return namingFlags(attempt, headerFlag);
}

const FLAGS: Readonly<Record<string, string>> = {
  scope: '--scope: ',
  audience: '--audience: ',
  signHeaders: '--sign-header: ',
  now: '--ts: ',
  nonce: '--nonce: ',
};

/** What `attempt` gives. */
export function namingFlags<T>(attempt: () => T, headerFlag = '--header'): T {
  try {
    return attempt();
  } catch (error) {
    throw signingMistake(error, headerFlag);
  }
}

/** The client's errors begin with the name of its option; here they begin with the flag. */
export function signingMistake(error: unknown, headerFlag: string): UsageError {
  const message = error instanceof Error ? error.message : String(error);
  const text = message
    .replace(/^header: /, `${headerFlag}: `)
    .replace('(option header)', `(${headerFlag})`)
    .replace(/^(\w+): /, (place, option: string) => FLAGS[option] ?? place);
  return new UsageError(text, { cause: error });
}
