/**
 * What must not be in a tarball: anything of tests, a path of the machine that made it, a secret, or a map that leads
 * out of it.
 */
import { posix } from 'node:path';
import { ROOT } from './workspace.js';

const TEST_FILE = /(^|\/)(tests?|bench|coverage|__tests__|node_modules)\/|\.test\.|\.tsbuildinfo$|(^|\/)\./;
const MACHINE_PATH =
  /(?:file:\/\/|(?<![\w.:/-]))(?:\/(?:home|root|Users|work|builds?|mnt|opt|tmp)\/|[A-Za-z]:\\\\?)\w[\\/\w.-]*/;
const CREDENTIAL =
  /-----BEGIN [A-Z ]*PRIVATE KEY|\bnpm_[A-Za-z0-9]{36}|\bgh[pousr]_[A-Za-z0-9]{36}|\bAKIA[0-9A-Z]{16}\b/;
const SECRET = /cs1s_([A-Za-z0-9_-]{43,})/g;

/** Says what is wrong with the files of a tarball, a line each. */
export function contentComplaints(files: ReadonlyMap<string, string>): string[] {
  const complaints: string[] = [];
  for (const [path, text] of files) {
    if (TEST_FILE.test(path)) complaints.push(`${path}: is not for users`);
    if (text.includes(ROOT) || MACHINE_PATH.test(text))
      complaints.push(`${path}: names a place of a machine: ${MACHINE_PATH.exec(text)?.[0] ?? ROOT}`);
    if (CREDENTIAL.test(text)) complaints.push(`${path}: holds a credential`);
    for (const [secret, octets] of text.matchAll(SECRET))
      if (!isExample(Buffer.from(octets ?? '', 'base64url'))) complaints.push(`${path}: holds ${secret}`);
    if (path.endsWith('.map')) complaints.push(...mapComplaints(path, text, files));
  }
  return complaints;
}

/** A secret that anybody sees to be an example: its octets count up, or are all the same. */
function isExample(octets: Buffer): boolean {
  const step = (octets[1] ?? 0) - (octets[0] ?? 0);
  return (step === 0 || step === 1) && octets.every((octet, at) => octet === (octets[0] ?? 0) + at * step);
}

function mapComplaints(path: string, text: string, files: ReadonlyMap<string, string>): string[] {
  const { file, sources, sourceRoot }: { file: string; sources: string[]; sourceRoot?: string } =
    JSON.parse(text);
  const folder = posix.dirname(path);
  const named = [file, ...sources.map((source) => posix.join(sourceRoot ?? '', source))];
  return named
    .map((name) => posix.join(folder, name))
    .filter((target) => !files.has(target))
    .map((target) => `${path}: ${target} is not in the tarball`);
}
