/** curl's flags, as far as this command takes them: declared, and those refused that a signed request cannot have. */
import { type Command, Option } from 'commander';
import type { CredentialOptions } from '../credentials.js';
import type { DataKind, DataPart } from '../request/body-data.js';
import { collect, type SigningOptions } from '../request/signing.js';
import { UsageError } from '../terminal/usage-error.js';

/** What commander makes of the flags. */
export interface CurlFlags extends CredentialOptions, SigningOptions {
  readonly signatureHeader?: string;
  readonly url?: string;
  readonly request?: string;
  readonly header?: readonly string[];
  readonly get?: true;
  readonly form?: readonly string[];
  readonly formString?: readonly string[];
  readonly uploadFile?: string;
  readonly output?: string;
  readonly remoteName?: true;
  readonly include?: true;
  readonly head?: true;
  readonly silent?: true;
  readonly showError?: true;
  readonly verbose?: true;
  readonly fail?: true;
  readonly failWithBody?: true;
  readonly writeOut?: string;
  readonly userAgent?: string;
  readonly referer?: string;
  readonly cookie?: readonly string[];
  readonly insecure?: true;
  readonly cacert?: string;
  readonly location?: true;
  readonly maxTime?: number;
  readonly connectTimeout?: number;
  readonly compressed?: true;
  readonly retry?: number;
}

const TAKES_AUTHORIZATION =
  'the signature is the Authorization field; carry it elsewhere (--signature-header) and name the other by -H';
const NO_PROXY = 'requests go straight to the server';
const NO_FILE = 'cookies are neither kept nor read; name them by -b';

const REFUSED: readonly (readonly [flags: string, reason: string])[] = [
  ['-u, --user [value]', TAKES_AUTHORIZATION],
  ['--oauth2-bearer [value]', TAKES_AUTHORIZATION],
  ['--basic', TAKES_AUTHORIZATION],
  ['--digest', TAKES_AUTHORIZATION],
  ['--ntlm', TAKES_AUTHORIZATION],
  ['--negotiate', TAKES_AUTHORIZATION],
  ['--anyauth', TAKES_AUTHORIZATION],
  ['--aws-sigv4 [value]', TAKES_AUTHORIZATION],
  ['-n, --netrc', TAKES_AUTHORIZATION],
  ['-x, --proxy [value]', NO_PROXY],
  ['-U, --proxy-user [value]', NO_PROXY],
  ['--socks5 [value]', NO_PROXY],
  ['-c, --cookie-jar [value]', NO_FILE],
  ['-K, --config [value]', 'flags stand on the command line'],
  ['--http2', 'requests are sent by HTTP/1.1'],
];

/** Adds the flags. Those that give the body put themselves into `data`, in their order. */
export function withCurlFlags(command: Command, data: DataPart[]): Command {
  const into = (kind: DataKind) => (value: string) => void data.push({ kind, value });
  command
    .option('--signature-header <field>', 'the field that carries the signature; default: authorization')
    .option('--url <url>', 'the URL, instead of the argument')
    .option('-X, --request <method>', 'the method; default GET, or POST with a body')
    .option('-H, --header <line>', "'Name: value'; 'Name:' leaves it out, 'Name;' is empty, @file", collect)
    .option('-d, --data <data>', 'body; @file without line ends, @- standard input', into('data'))
    .option('--data-ascii <data>', 'the same', into('data'))
    .option('--data-raw <data>', 'body; @ means nothing', into('raw'))
    .option('--data-binary <data>', 'body; @file byte for byte', into('binary'))
    .option('--data-urlencode <data>', 'body; name=content, encoded; name@file', into('urlencode'))
    .option('--json <data>', 'body, content-type and accept of JSON', into('json'))
    .option('-G, --get', 'put the data into the query')
    .option('-F, --form <part>', 'multipart: name=text, name=@file;type=…;filename=…, name=<file', collect)
    .option('--form-string <part>', 'multipart: name=text, where @ and < mean nothing', collect)
    .option('-T, --upload-file <file>', 'body of a PUT; - is standard input')
    .option('-o, --output <file>', 'write the answer there; - is standard output')
    .option('-O, --remote-name', "write the answer to a file named as the URL's last segment")
    .option('-i, --include', 'show the head of the answer too')
    .option('-I, --head', 'send HEAD, show the head')
    .option('-s, --silent', 'no notices, no errors')
    .option('-S, --show-error', 'errors, though -s')
    .option(
      '-v, --verbose',
      'show what was signed, both heads, the verdict and the budgets; ask for debug answers',
    )
    .option('-f, --fail', 'for a status of 400 or more: no body, exit status 22')
    .option('--fail-with-body', 'the same with the body')
    .option('-w, --write-out <format>', "after all, print this, such as '%{http_code}\\n'")
    .option('-A, --user-agent <name>', 'the User-Agent field')
    .option('-e, --referer <url>', 'the Referer field')
    .option('-b, --cookie <pairs>', "the Cookie field: 'a=1; b=2'", collect)
    .option('-k, --insecure', "do not check the server's certificate")
    .option('--cacert <file>', 'trust these authorities (PEM)')
    .option('-L, --location', 'follow redirects, where nothing can be executed twice')
    .option('-m, --max-time <seconds>', 'for all together', seconds('--max-time'))
    .option('--connect-timeout <seconds>', 'for each connection', seconds('--connect-timeout'))
    .option('--compressed', 'ask for a compressed answer, and unpack it')
    .option('--retry <times>', 'how often to send again at most; default 3', retries);
  for (const flags of ['-N, --no-buffer', '-g, --globoff', '-#, --progress-bar', '--http1.1']) {
    command.addOption(new Option(flags).hideHelp());
  }
  for (const [flags, reason] of REFUSED) {
    const option = new Option(flags).hideHelp();
    command.addOption(option).on(`option:${option.name()}`, () => {
      throw new UsageError(`${flags.replace(/ .value.$/, '').replace(', ', '/')} is refused: ${reason}`);
    });
  }
  return command;
}

function seconds(flag: string): (value: string) => number {
  return (value) => {
    const ms = Math.ceil(Number(value) * 1000);
    if (/^[0-9]*\.?[0-9]+$/.test(value) && ms > 0 && ms < 2 ** 31 - 1) return ms;
    throw new UsageError(`${flag}: expected seconds, got ${JSON.stringify(value)}`);
  };
}

function retries(value: string): number {
  if (/^[0-9]{1,3}$/.test(value) && Number(value) < 1000) return Number(value);
  throw new UsageError(`--retry: expected a number from 0 to 999, got ${JSON.stringify(value)}`);
}
