/**
 * Authorities and raw request targets, in origin-form and absolute-form (spec 2.2). All of them can be signed: what
 * is refused is the vectors' and the unit tests' subject.
 */
import fc from 'fast-check';
import { respelledQueries } from './queries.js';
import { joinRespelled, type Respelled, respelledOneOf } from './spelling.js';

const HOSTS = [
  'api.example.com',
  'API.Example.COM',
  'localhost',
  'a_b~c',
  '127.0.0.1',
  '[::1]',
  '[2001:DB8::1]',
];
const PORTS = ['', ':80', ':443', ':8443', ':1', ':65535'];

/** A host in any case with or without a port, as it may stand in `Host` or a URL. */
export function authorities(): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...PORTS))
    .map(([host, port]) => `${host}${port}`);
}

/** What a piece between separators may begin with: nothing that makes it a dot segment. */
const HEADS = [
  'a',
  'v1',
  'orders',
  '-',
  '~',
  '_',
  ':',
  '@',
  ';',
  '%20',
  '%25',
  '%C3%A9',
  '%FF',
  '"',
  '{',
  '%3F',
];
const TAILS = [...HEADS, '.', '..', '+', '=', '&', '%2B', '%23', '%3B', '!', '*', "'", '|', '^'];

const pathPieces: fc.Arbitrary<Respelled> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ raw: '', respelled: '' }) },
  {
    weight: 9,
    arbitrary: fc
      .tuple(respelledOneOf(...HEADS), fc.array(respelledOneOf(...TAILS), { maxLength: 4 }))
      .map(([head, tail]) => joinRespelled([head, ...tail])),
  },
);

/** A path of up to 5 pieces without dot segments, in two spellings. */
export function respelledPaths(): fc.Arbitrary<Respelled> {
  const separators = fc.oneof(
    { weight: 8, arbitrary: respelledOneOf('/') },
    { weight: 1, arbitrary: respelledOneOf('%2F', '%5C') },
  );
  return fc
    .tuple(pathPieces, fc.array(fc.tuple(separators, pathPieces), { maxLength: 4 }))
    .map(([first, rest]) => joinRespelled([{ raw: '/', respelled: '/' }, first, ...rest.flat()]));
}

/** An origin-form target in two spellings: of the path, of the query and of its order. */
export function respelledTargets(): fc.Arbitrary<Respelled> {
  return fc
    .tuple(respelledPaths(), fc.option(respelledQueries(), { nil: undefined, freq: 4 }))
    .map(([path, query]) => (query === undefined ? path : joinRespelled([path, query], '?')));
}

/** An origin-form target: a path, and mostly a query. */
export function originForms(): fc.Arbitrary<string> {
  return respelledTargets().map(({ raw }) => raw);
}

/** The absolute form of `target` at `authority`. */
export function absoluteForm(scheme: string, authority: string, target: string): string {
  return `${scheme}://${authority}${target}`;
}

/** `http` and `https`, in any case. */
export function schemes(): fc.Arbitrary<string> {
  return fc.constantFrom('http', 'https', 'HTTP', 'hTtPs');
}
