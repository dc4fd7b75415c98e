/**
 * The query parsers in use, behind one shape: what each name stands for, the order of its values included, the order
 * of the names not. A nested object of qs counts as the value of its outermost name.
 */
import querystring from 'node:querystring';
import express5 from 'express';
import express4 from 'express4';
import { HonoRequest } from 'hono/request';
import qs from 'qs';

/** From a raw query, without its `?`, to its meaning by name. */
export type QueryParser = (query: string) => Map<string, unknown>;

/** They put U+FFFD in the place of what is not UTF-8. */
export const lossyParsers: Record<string, QueryParser> = {
  URLSearchParams: (query) => grouped(new URL(`http://h/?${query}`).searchParams),
  'node:querystring': (query) => byName(querystring.parse(query)),
  'Express 5': withApplication(express5()),
};

/** They leave what is not UTF-8 percent-encoded as it came. */
export const honoParsers: Record<string, QueryParser> = {
  'c.req.queries() of Hono': (query) => byName(hono(query).queries()),
  'c.req.queries(name) of Hono': (query) => eachName(query, (request, name) => request.queries(name)),
  'c.req.query(name) of Hono': (query) => eachName(query, (request, name) => request.query(name)),
};

/** They read brackets. They leave what is not UTF-8 as it came, too. */
export const qsParsers: Record<string, QueryParser> = {
  qs: (query) => byName(qs.parse(query)),
  'qs with allowPrototypes': (query) => byName(qs.parse(query, { allowPrototypes: true })),
  'qs with parameterLimit 1000': (query) => byName(qs.parse(query, { parameterLimit: 1000 })),
  'qs with a raised parameterLimit': (query) => byName(qs.parse(query, { parameterLimit: 100_000 })),
  'Express 4': withApplication(express4()),
  'Express 5, extended': withApplication(express5().set('query parser', 'extended')),
};

/** They read dots, too. */
export const qsParsersWithDots: Record<string, QueryParser> = {
  'qs with allowDots': (query) => byName(qs.parse(query, { allowDots: true })),
  'qs with allowDots and allowPrototypes': (query) =>
    byName(qs.parse(query, { allowDots: true, allowPrototypes: true })),
};

function withApplication(application: { get(setting: string): unknown }): QueryParser {
  const parse = application.get('query parser fn');
  if (typeof parse !== 'function') throw new TypeError('the application has no query parser');
  return (query) => byName(parse(query));
}

function hono(query: string): HonoRequest {
  return new HonoRequest(new Request(`http://h/?${query}`));
}

function eachName(query: string, ask: (request: HonoRequest, name: string) => unknown): Map<string, unknown> {
  const names = Object.keys(hono(query).queries());
  return new Map(names.map((name) => [name, ask(hono(query), name)]));
}

function byName(parsed: object): Map<string, unknown> {
  return new Map(Object.entries(parsed).map(([name, value]) => [name, ordered(value)]));
}

function grouped(pairs: Iterable<readonly [string, string]>): Map<string, unknown> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

/** An object as the list of its entries, so that a comparison sees their order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return ['array', ...value.map(ordered)];
  if (typeof value !== 'object' || value === null) return value;
  return ['object', ...Object.entries(value).map(([name, inner]) => [name, ordered(inner)])];
}
