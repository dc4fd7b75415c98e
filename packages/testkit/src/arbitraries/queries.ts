/**
 * Raw queries, made of what parsers are known to disagree about: brackets, dots, `=` in odd places, plus and space,
 * invalid UTF-8, names of `Object.prototype`. All of them are well-formed (spec 2.2); none begins with `?`.
 */
import { rootName } from '@countersign/canonical';
import fc from 'fast-check';
import { joinRespelled, type Respelled, respelledOneOf } from './spelling.js';

/** Texts that a name or a value is put together from. */
const ORDINARY = ['a', 'b', 'a', 'b', '0', '1', 'limit', '%C3%A9'];
const STRUCTURE = ['[', ']', '[]', '[a]', '[0]', '.', '.a', '=', '%3D', ']=', '%26', '%23'];
const BLANKS = ['+', '%20', '%2B', '%09', '%0A', '%00'];
const INHERITED = ['__proto__', 'constructor', 'hasOwnProperty', 'length', 'toString'];
const RAW_ODDITIES = ['?', '/', ':', '@', ';', ',', "'", '"', '<', '|', '%25', '%2525', '%5C', '%EF%BB%BF'];
/** Lone bytes, an overlong form, half a surrogate pair, and the character that decoders put in their place. */
const NOT_UTF8 = ['%FF', '%FE', '%C3', '%C0%AF', '%ED%A0%80', '%EF%BF%BD'];

const fragments: fc.Arbitrary<Respelled> = fc.oneof(
  { weight: 8, arbitrary: respelledOneOf(...ORDINARY) },
  { weight: 6, arbitrary: respelledOneOf(...STRUCTURE) },
  { weight: 2, arbitrary: respelledOneOf(...BLANKS) },
  { weight: 1, arbitrary: respelledOneOf(...INHERITED) },
  { weight: 2, arbitrary: respelledOneOf(...RAW_ODDITIES) },
  { weight: 1, arbitrary: respelledOneOf(...NOT_UTF8) },
);

/** One parameter, or what stands where one could: empty, without `=`, with several. */
export function respelledPieces(): fc.Arbitrary<Respelled> {
  return fc.array(fragments, { maxLength: 6 }).map((parts) => joinRespelled(parts));
}

/** Names that recur, so that repeated and confusable ones meet. */
const repeatedPieces: fc.Arbitrary<Respelled> = fc
  .tuple(
    respelledOneOf('a', 'b', 'a[]', 'a[x]', 'a.b', 'a+b', 'a%20b', '0', ''),
    respelledOneOf('=', '=1', '=2', '=3', '=a%20b'),
  )
  .map((parts) => joinRespelled(parts));

const pieceLists: fc.Arbitrary<Respelled[]> = fc.array(fc.oneof(respelledPieces(), repeatedPieces), {
  minLength: 1,
  maxLength: 8,
});

/** A raw query of up to 8 pieces. */
export function queries(): fc.Arbitrary<string> {
  return pieceLists.map((pieces) => joinRespelled(pieces, '&').raw);
}

/** A query, and the same one with its escapes respelled and pieces of different root names reordered. */
export function respelledQueries(): fc.Arbitrary<Respelled> {
  return fc.tuple(pieceLists, fc.array(fc.nat(7), { minLength: 8, maxLength: 8 })).map(([pieces, ranks]) => {
    const roots = [...new Set(pieces.map(({ raw }) => rootName(raw)))];
    const rankOf = ({ raw }: Respelled) => ranks[roots.indexOf(rootName(raw))] ?? 0;
    const reordered = pieces.toSorted((a, b) => rankOf(a) - rankOf(b));
    return {
      raw: joinRespelled(pieces, '&').raw,
      respelled: joinRespelled(reordered, '&').respelled,
    };
  });
}
