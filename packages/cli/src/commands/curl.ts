/** `countersign curl`: curl's flags, a signed request. */
import { signatureFieldName } from '@countersign/canonical';
import { Command } from 'commander';
import type { MakeCommand } from '../command.js';
import { readCredentials, withCredentials } from '../credentials.js';
import { type CurlFlags, withCurlFlags } from '../curl/flags.js';
import { planRequest } from '../curl/plan.js';
import { runCurl } from '../curl/run.js';
import { verdictReader } from '../curl/verdict-line.js';
import type { DataPart } from '../request/body-data.js';
import { fieldValue } from '../request/header-lines.js';
import { makeSigner, namingFlags, withSigning } from '../request/signing.js';

const HELP = `
One call, one signature: it is sent again where that is safe, so the server executes it at most once.

Exit status: 0 for an answer, whatever its status; 2 for a mistake on the command line; else as curl's:
  6 host not found     7 cannot connect       18 answer cut           22 -f, and 400 or more
  23 cannot write      28 timeout             35 no TLS               47 redirects
  60 certificate
and of the signed call:
  110 rate limited     111 the server cannot count requests           112 the clocks differ
  113 unknown whether it was executed         114 executed already, its answer is lost

Examples:
  $ countersign curl https://api.example.com/v1/orders --scope orders
  $ countersign curl -v --json '{"amount":1299}' https://api.example.com/v1/orders
  $ countersign curl -sSf -o orders.csv 'https://api.example.com/v1/orders?format=csv'
  $ generate-order | countersign curl --json @- https://api.example.com/v1/orders`;

export const curlCommand: MakeCommand = (terminal, finish) => {
  const data: DataPart[] = [];
  const command = new Command('curl')
    .description('sign a request and send it, with the flags of curl')
    .argument('[url]', 'without a scheme: http')
    .showSuggestionAfterError(false);
  return withCredentials(withSigning(withCurlFlags(command, data)))
    .addHelpText('after', HELP)
    .action(async (word: string | undefined, flags: CurlFlags) => {
      const credentials = readCredentials(flags, terminal);
      const planned = await planRequest(word, flags, data, terminal);
      const header = namingFlags(() => signatureFieldName(flags.signatureHeader), '--signature-header');
      const audience = flags.audience ?? fieldValue(planned.headers, 'host');
      const signer = makeSigner(
        credentials,
        { ...flags, ...(audience === undefined ? {} : { audience }) },
        { header, debug: flags.verbose === true },
        '--signature-header',
      );
      const readVerdict = verdictReader(credentials.secret, header);
      finish(await runCurl({ planned, flags, signer, trace: { audience, header }, readVerdict, terminal }));
    });
};
