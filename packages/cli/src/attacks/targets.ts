/** Targets that routers, proxies and verifiers may read in different ways. */
import { canonicalTarget } from '@countersign/canonical';
import type { Attack } from '../probe/attack.js';
import type { Plan } from '../probe/plan.js';
import type { RawRequest } from '../probe/raw-request.js';
import { forge } from '../probe/sign.js';
import { type Variant, variantsAttack } from './variants.js';

const EQUIVALENT = 'equivalent encodings that split or merge budgets';

type Respelling = readonly [what: string, respell: (path: string) => string];

const DOT_SEGMENTS: readonly Respelling[] = [
  ['a segment and ..', (path) => path.replace(/^\//, '/probe/../')],
  ['a dot segment', (path) => path.replace(/^\//, '/./')],
  ['.. at the end', (path) => `${path}/probe/..`],
  ['. at the end', (path) => `${path}/.`],
  ['%2e%2e', (path) => path.replace(/^\//, '/probe/%2e%2e/')],
  ['.%2E', (path) => path.replace(/^\//, '/probe/.%2E/')],
  ['..;', (path) => path.replace(/^\//, '/probe/..;/')],
  ['..;x=1', (path) => path.replace(/^\//, '/probe/..;x=1/')],
  ['..%2f', (path) => path.replace(/^\//, '/probe/..%2f')],
  ['..%5c', (path) => path.replace(/^\//, '/probe/..%5c')],
];

const SEPARATORS: readonly Respelling[] = [
  ['an encoded slash', (path) => path.replace(/(.)\/(?=[^/]*$)/, '$1%2F')],
  ['an encoded slash at the end', (path) => `${path}%2F`],
  ['a slash at the end', (path) => (path.endsWith('/') ? path.slice(0, -1) || path : `${path}/`)],
  ['a double slash', (path) => path.replace(/\/(?=[^/]*$)/, '//')],
  ['a double slash in front', (path) => `/${path}`],
  ['an encoded backslash', (path) => path.replace(/(.)\/(?=[^/]*$)/, '$1%5C')],
  ['a path parameter', (path) => `${path};probe=1`],
  ['%25 before an escape', (path) => path.replace(/([A-Za-z0-9])$/, (letter) => `%25${hexOf(letter)}`)],
  ['an overlong encoding', (path) => path.replace(/(.)\/(?=[^/]*$)/, '$1%C0%AF')],
  ['a byte that is no UTF-8', (path) => `${path}%FF`],
  ['a space at the end', (path) => `${path}%20`],
  ['full-width letters', (path) => path.replace(/[A-Za-z](?=[^A-Za-z]*$)/, fullWidth)],
];

const MALFORMED: readonly Respelling[] = [
  ['%00 at the end', (path) => `${path}%00`],
  ['%0a at the end', (path) => `${path}%0a`],
  ['%0d%0a at the end', (path) => `${path}%0d%0a`],
  ['%7f', (path) => `${path}%7f`],
  ['% without digits', (path) => `${path}%zz`],
  ['% at the end', (path) => `${path}%`],
  ['%u002f', (path) => `${path}%u002f`],
  ['a backslash', (path) => path.replace(/(.)\/(?=[^/]*$)/, '$1\\')],
  ['a backslash at the end', (path) => `${path}\\`],
  ['a fragment', (path) => `${path}#probe`],
  ['a fragment before a query', (path) => `${path}#?probe=1`],
  ['a raw byte above ASCII', (path) => `${path}\u00f6`],
  ['a tab', (path) => `${path}\t`],
  ['no slash in front', (path) => path.slice(1)],
  ['user information in the target', (path) => `http://probe@probe.invalid${path}`],
  ['another scheme', (path) => `ftp://probe.invalid${path}`],
];

export const targets: readonly Attack[] = [
  targetsAttack(
    'target-dot-segments',
    'The path with dot segments that lead back to it, raw and encoded.',
    DOT_SEGMENTS,
  ),
  targetsAttack(
    'target-encoded-separators',
    'The path with slashes encoded, doubled, turned around or added, and in encodings that some decode to it.',
    SEPARATORS,
  ),
  targetsAttack(
    'target-malformed',
    'The path with control characters, broken escapes, backslashes, fragments and foreign schemes.',
    MALFORMED,
  ),
];

function targetsAttack(id: string, attack: string, respellings: readonly Respelling[]): Attack {
  return variantsAttack({
    id,
    group: 'targets',
    attack,
    catalogue: EQUIVALENT,
    variants: respellings.flatMap(([what, respell]): Variant[] => [
      [what, (request) => changed(request, respell)],
      [`${what}, signed so`, (request, plan) => signedSo(plan, request, respell)],
    ]),
  });
}

function changed(request: RawRequest, respell: Respelling[1]): RawRequest | undefined {
  const [path = '', ...rest] = request.target.split('?');
  const target = [respell(path), ...rest].join('?');
  return target === request.target ? undefined : { ...request, target };
}

/** Signed by the holder of the key as it stands: only what no verifier may take, whoever signed it. */
function signedSo(plan: Plan, request: RawRequest, respell: Respelling[1]): RawRequest | undefined {
  const sent = changed(request, respell);
  if (sent === undefined || isCanonicalizable(sent.target)) return undefined;
  const [path = '', ...rest] = sent.target.split('?');
  const signed = forge(plan, request, { path, query: rest.join('?') });
  return { ...signed, target: sent.target };
}

function isCanonicalizable(target: string): boolean {
  try {
    canonicalTarget(target);
    return true;
  } catch {
    return false;
  }
}

function hexOf(letter: string): string {
  return letter.charCodeAt(0).toString(16).padStart(2, '0');
}

function fullWidth(letter: string): string {
  return encodeURIComponent(String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
}
