/** `countersign sign`: the header lines that sign one request, to be sent once by whatever client. */
import { SCHEME } from '@countersign/canonical';
import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { type CredentialOptions, readCredentials, withCredentials } from '../credentials.js';
import { readNamedBody } from '../request/body-data.js';
import { explainLines, formatExplanation } from '../request/explanation.js';
import { readHeaderLines } from '../request/header-lines.js';
import { requestUrl } from '../request/request-url.js';
import { signedText } from '../request/signed-text.js';
import { collect, makeSigner, namingFlags, type SigningOptions, withSigning } from '../request/signing.js';
import { painter } from '../terminal/paint.js';
import { UsageError } from '../terminal/usage-error.js';

interface SignOptions extends CredentialOptions, SigningOptions {
  readonly H?: readonly string[];
  readonly data?: readonly string[];
  readonly dataFile?: string;
  readonly header?: string;
  readonly explain?: true;
  readonly json?: true;
  readonly ts?: string;
  readonly nonce?: string;
}

const EXAMPLES = `
The signature is for one request, sent once, within five minutes. Send exactly what was signed: the same body bytes,
and the same content-type (curl -d adds one of its own; name it by -H here and there).

Examples:
  $ countersign sign GET https://api.example.com/v1/orders --scope orders
  $ curl -H "$(countersign sign GET https://api.example.com/v1/orders)" https://api.example.com/v1/orders
  $ countersign sign POST https://api.example.com/v1/orders -H 'content-type: application/json' --data-file order.json
  $ countersign sign POST https://api.example.com/v1/orders -d '{"amount":1299}' --explain`;

export const signCommand: MakeCommand = (terminal) =>
  withCredentials(
    withSigning(
      new Command('sign')
        .description('print the header line that signs a request')
        .argument('<method>', 'in upper case, as it will be sent')
        .argument('<url>', 'as it will be sent')
        .option('-H <line>', "a header line that will be sent, 'Name: value'; may be repeated", collect)
        .option('-d, --data <text>', 'the body, as curl -d takes it; @file and @- too', collect)
        .option('--data-file <file>', 'the body, byte for byte; - is standard input')
        .option('--header <field>', 'the field that carries the signature; default: authorization'),
    )
      .option('--explain', 'show every line of the canonical string, and where it comes from')
      .option('--json', 'everything as JSON')
      .option('--ts <ms>', 'for debugging: this time instead of the clock, 13 digits')
      .option('--nonce <uuid>', 'for debugging: this nonce instead of a random one'),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (method: string, typedUrl: string, options: SignOptions) => {
      const credentials = readCredentials(options, terminal);
      const url = requestUrl(typedUrl);
      const { lines } = readHeaderLines(options.H ?? []);
      const body = await readNamedBody(options, terminal);
      const audience = options.audience ?? lines.find(([name]) => name.toLowerCase() === 'host')?.[1];
      const { ts, nonce, header } = options;
      if (ts !== undefined && !/^[1-9][0-9]{12}$/.test(ts)) {
        throw new UsageError(
          `--ts: expected Unix time in milliseconds, 13 digits, got ${JSON.stringify(ts)}`,
        );
      }
      const signer = makeSigner(
        credentials,
        { ...options, ...(audience === undefined ? {} : { audience }) },
        {
          ...(header === undefined ? {} : { header }),
          ...(ts === undefined ? {} : { now: () => Number(ts) }),
          ...(nonce === undefined ? {} : { nonce: () => nonce }),
        },
      );
      const unsigned = lines.filter(([name, value]) => !isSignature(name, value, header));
      const added = namingFlags(() => signer.sign({ method, url, headers: unsigned, body }));
      const signed = signedText(
        { method, url, headers: [...unsigned, ...Object.entries(added)] },
        { audience, ...(header === undefined ? {} : { header }) },
      );
      const explanation = explainLines(signed, {
        typedUrl,
        url,
        audience: options.audience === undefined ? audience && '-H host' : '--audience',
        body: body && { bytes: body.length, source: options.dataFile === undefined ? '-d' : '--data-file' },
        ts: ts === undefined ? 'the clock of this machine' : '--ts',
        nonce: nonce === undefined ? 'random' : '--nonce',
        key:
          options.key !== undefined ? '--key' : options.keyFile !== undefined ? '--key-file' : 'environment',
        scope: options.scope === undefined ? 'empty: the scope of the route' : '--scope',
      });
      const headerLines = Object.entries(added)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join('');
      const { canonical, authorization } = signed;
      if (options.json) {
        const shown = { method, url: url.href, headers: added, canonical, signature: authorization };
        terminal.write(
          `${JSON.stringify(options.explain ? { ...shown, lines: explanation } : shown, undefined, 2)}\n`,
        );
      } else if (options.explain) {
        const table = formatExplanation(explanation, authorization.sig, painter(terminal));
        terminal.write(`${table}\n${headerLines}`);
      } else {
        terminal.write(headerLines);
      }
      if (body !== undefined && !unsigned.some(([name]) => name.toLowerCase() === 'content-type')) {
        terminal.writeError(
          "note: no content-type is signed, so none may be sent; name it by -H 'content-type: …' if one will be\n",
        );
      }
    });

/** An earlier signature, which the new one replaces. */
function isSignature(name: string, value: string, header = 'authorization'): boolean {
  return name.toLowerCase() === header.toLowerCase() && value.startsWith(`${SCHEME} `);
}
