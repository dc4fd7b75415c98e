/**
 * Where each line of a canonical string came from: which characters of which field. Found from the outputs of
 * `@countersign/canonical` alone: a part is looked up where it was given, and the pieces of a query, which change places,
 * are each brought into canonical form alone and then found again in the line.
 */
import { canonicalTarget } from '@countersign/canonical';
import { type Draft, type FieldName, readControls } from './canonicalize-draft.js';
import type { HeaderLine } from './canonicalize-header-lines.js';
import type { Reading } from './canonicalize-reading.js';

/** Characters of a field, from `start` up to `end`. The whole of a field that has no text: 0 to 0. */
export interface Source {
  readonly field: FieldName;
  readonly start: number;
  readonly end: number;
}

/** A piece of a line that can be told apart: a segment of the path, a parameter of the query. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly source: Source;
}

/** What made one line. */
export interface Origin {
  readonly sources: readonly Source[];
  readonly pieces: readonly Piece[];
  /** In words, for people. */
  readonly note: string;
}

/** The origin of each line of a reading, in their order. */
export function originsOf(draft: Draft, reading: Reading): Origin[] {
  return reading.lines.map(({ part, text }) => originOf(part, text, draft, reading));
}

function originOf(part: string, text: string, draft: Draft, reading: Reading): Origin {
  switch (part) {
    case 'scheme':
      return plain([], 'the scheme, whose name is always the same');
    case 'method':
      return plain([whole(draft, 'method')], 'the method, as it stands');
    case 'audience':
      return audienceOrigin(draft, reading);
    case 'path':
      return pathOrigin(text, draft);
    case 'query':
      return queryOrigin(text, draft);
    case 'digest':
      return digestOrigin(draft, reading);
    case 'ts':
      return parameterOrigin('ts', 'timestamp', 'the time of signing, in milliseconds', draft, reading);
    case 'nonce':
      return parameterOrigin('nonce', 'nonce', 'the nonce, fresh for every signature', draft, reading);
    case 'key':
      return parameterOrigin('key', 'keyId', 'the key id', draft, reading);
    case 'scope':
      return parameterOrigin(
        'scope',
        'scope',
        text === '' ? 'the scope, which is empty: that of the route' : 'the scope',
        draft,
        reading,
      );
    default:
      return headerOrigin(part.slice('header '.length), reading);
  }
}

function audienceOrigin(draft: Draft, { headerLines }: Reading): Origin {
  if (draft.audienceKind === 'one') {
    return plain([whole(draft, 'audience')], 'the one name of the audience option; Host is not looked at');
  }
  const { authority } = partsOfTarget(draft.target);
  if (authority !== undefined) return plain([authority], 'the host and port of the URL');
  const pseudo = headerLines.some(({ lowerName }) => lowerName === ':authority');
  const name = pseudo ? ':authority' : 'host';
  return plain(valuesOf(headerLines, name), `the ${name} field`);
}

function pathOrigin(text: string, draft: Draft): Origin {
  const { path } = partsOfTarget(draft.target);
  if (path.start === path.end) return plain([path], 'the URL, which has no path: that is /');
  const raw = draft.target.slice(path.start, path.end);
  const note = raw === text ? 'the path, as it stands' : 'the path: each octet in its one spelling';
  return { sources: [path], pieces: sameOrder(text, raw, '/', path.start), note };
}

function queryOrigin(text: string, draft: Draft): Origin {
  const { query } = partsOfTarget(draft.target);
  if (query === undefined) return plain([], 'the URL, which has no query');
  const raw = draft.target.slice(query.start, query.end);
  const sorted =
    raw === text
      ? 'the query, as it stands'
      : 'the query: each octet in its one spelling, parameters by root name';
  return {
    sources: [query],
    pieces: reordered(text, raw, query.start),
    note: text === '' ? 'the query, which is empty' : sorted,
  };
}

function digestOrigin(draft: Draft, reading: Reading): Origin {
  if (draft.mode === 'check') {
    const [source] = parameterSources('digest', reading);
    const verb = reading.checked?.digest === true ? 'is' : 'is not';
    return plain(
      source ? [source, whole(draft, 'body')] : [],
      `the claimed digest, which ${verb} that of the body`,
    );
  }
  const { length } = draft.body;
  return plain([whole(draft, 'body')], `SHA-256 of the body's ${length} ${length === 1 ? 'byte' : 'bytes'}`);
}

/** A parameter of the signature: of a field of the page, or of the signature that is checked. */
function parameterOrigin(
  parameter: string,
  field: 'timestamp' | 'nonce' | 'keyId' | 'scope',
  note: string,
  draft: Draft,
  reading: Reading,
): Origin {
  return plain(draft.mode === 'sign' ? [whole(draft, field)] : parameterSources(parameter, reading), note);
}

function parameterSources(parameter: string, { headerLines, signatureField }: Reading): Source[] {
  return headerLines.flatMap(({ lowerName, value, valueStart }) => {
    const opening = ` ${parameter}="`;
    const at = lowerName === signatureField ? value.indexOf(opening) : -1;
    if (at < 0) return [];
    const start = at + opening.length;
    return [
      { field: 'headers', start: valueStart + start, end: valueStart + value.indexOf('"', start) } as const,
    ];
  });
}

function headerOrigin(name: string, { headerLines }: Reading): Origin {
  const sources = headerLines
    .filter(({ lowerName }) => lowerName === name)
    .map(({ start, end }) => ({ field: 'headers', start, end }) as const);
  return plain(sources, `the field ${name}, which is signed`);
}

function valuesOf(lines: readonly HeaderLine[], name: string): Source[] {
  return lines
    .filter(({ lowerName }) => lowerName === name)
    .map(({ valueStart, end }) => ({ field: 'headers', start: valueStart, end }));
}

/** Where the parts of a well-formed target stand. */
function partsOfTarget(target: string): { authority?: Source; path: Source; query?: Source } {
  const scheme = /^https?:\/\//i.exec(target)?.[0].length ?? 0;
  const afterAuthority = scheme === 0 ? 0 : scheme + target.slice(scheme).search(/[/?]|$/);
  const mark = target.indexOf('?', afterAuthority);
  const pathEnd = mark < 0 ? target.length : mark;
  const at = (start: number, end: number): Source => ({ field: 'target', start, end });
  return {
    ...(scheme === 0 ? {} : { authority: at(scheme, afterAuthority) }),
    path: at(afterAuthority, pathEnd),
    ...(mark < 0 ? {} : { query: at(mark + 1, target.length) }),
  };
}

/** Pieces that kept their places: the nth of the line is the nth of the input. */
function sameOrder(text: string, raw: string, separator: string, offset: number): Piece[] {
  const inputs = spans(raw, separator);
  return spans(text, separator).flatMap(({ start, end }, at) => {
    const input = inputs[at];
    if (input === undefined) return [];
    return [
      { start, end, source: { field: 'target', start: offset + input.start, end: offset + input.end } },
    ];
  });
}

/** Pieces of a query. The order of equal ones does not change, so the first that is left is the right one. */
function reordered(text: string, raw: string, offset: number): Piece[] {
  const left = new Map<string, { start: number; end: number }[]>();
  for (const span of spans(raw, '&')) {
    const piece = canonicalTarget(`/?${readControls(raw.slice(span.start, span.end))}`).query;
    left.set(piece, [...(left.get(piece) ?? []), span]);
  }
  return spans(text, '&').flatMap(({ start, end }) => {
    const input = left.get(text.slice(start, end))?.shift();
    if (input === undefined) return [];
    return [
      { start, end, source: { field: 'target', start: offset + input.start, end: offset + input.end } },
    ];
  });
}

function spans(text: string, separator: string): { start: number; end: number }[] {
  let start = 0;
  return text.split(separator).map((piece) => {
    const span = { start, end: start + piece.length };
    start = span.end + separator.length;
    return span;
  });
}

function whole(draft: Draft, field: FieldName): Source {
  const value = draft[field];
  return { field, start: 0, end: typeof value === 'string' ? value.length : 0 };
}

function plain(sources: readonly Source[], note: string): Origin {
  return { sources, pieces: [], note };
}
