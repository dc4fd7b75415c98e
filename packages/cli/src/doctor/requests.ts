/**
 * The requests that the doctor sends: each has one thing in it that proxies are known to change. They are fixed, so that
 * two runs can be compared.
 */
import { gzipSync } from 'node:zlib';
import type { FieldLine } from '@countersign/canonical';

/** The doctor's own field that is signed besides those that always are. */
export const LONG_FIELD = 'countersign-doctor-long';
/** The doctor's own field that is not signed, and is another in each request. */
export const REQUEST_FIELD = 'countersign-doctor';

const LONG_FIELD_CHARACTERS = 3000;

/** One of the requests, before it is signed. */
export interface DoctorRequest {
  /** What is in it, for people. */
  readonly about: string;
  readonly method: string;
  /** Behind the path of the echo route. */
  readonly path: string;
  /** With its `?`. */
  readonly query?: string;
  readonly headers?: readonly FieldLine[];
  readonly body?: Uint8Array;
  /** Sent in chunks of its own length, not announced. */
  readonly chunked?: true;
}

const JSON_TYPE: FieldLine = ['Content-Type', 'application/json'];
// Spaces and an escape that a parser that writes it again would lose.
const JSON_BODY = text('{ "amount" : 1299.00, "name": "caf\\u00e9" }\n');

/** A plain one first: what is changed there is changed everywhere. */
export const DOCTOR_REQUESTS: readonly [DoctorRequest, ...DoctorRequest[]] = [
  { about: 'a plain GET', method: 'GET', path: '/plain' },
  { about: 'a path with %2F, %3F and %23', method: 'GET', path: '/a%2Fb%3Fc%23d' },
  { about: 'a path in UTF-8', method: 'GET', path: '/caf%C3%A9/%E2%82%AC' },
  { about: 'a path with %20, + and %2B', method: 'GET', path: '/a%20b+c%2Bd' },
  { about: 'a path with %25', method: 'GET', path: '/100%25/%252F' },
  { about: 'a path with sub-delimiters', method: 'GET', path: "/a;v=1,2/(x)'!$&*=:@" },
  { about: 'a path with two slashes', method: 'GET', path: '/a//b' },
  { about: 'a path that ends in a slash', method: 'GET', path: '/a/' },
  { about: 'a path with lower-case escapes', method: 'GET', path: '/caf%c3%a9/a%2fb' },
  { about: 'a path with escapes that are not needed', method: 'GET', path: '/%7Euser/%41' },
  { about: 'a path in upper and lower case', method: 'GET', path: '/Orders/aBc' },
  {
    about: 'a query with names in any order and repeated names',
    method: 'GET',
    path: '/query',
    query: '?z=1&a=2&m=3&a=1&z=0&a[]=4',
  },
  {
    about: 'a query with names and values that are empty',
    method: 'GET',
    path: '/query',
    query: '?a&b=&=c&&d=1?2',
  },
  { about: 'an empty query', method: 'GET', path: '/query', query: '?' },
  {
    about: 'a query with +, %20, %2B and other escapes',
    method: 'GET',
    path: '/query',
    query: '?a=b+c%20d%2Be&f=%26%3D%23&g=caf%C3%A9&h=%c3%a9&i=/:@',
  },
  {
    about: 'a conditional GET of a range',
    method: 'GET',
    path: '/conditional',
    headers: [
      ['If-None-Match', '"doctor-1"'],
      ['If-Match', '"doctor-2"'],
      ['If-Unmodified-Since', 'Sat, 01 Jan 2050 00:00:00 GMT'],
      ['Range', 'bytes=0-99'],
    ],
  },
  {
    about: 'a long header field',
    method: 'GET',
    path: '/long',
    headers: [['Countersign-Doctor-Long', 'x'.repeat(LONG_FIELD_CHARACTERS)]],
  },
  { about: 'a HEAD', method: 'HEAD', path: '/head' },
  {
    about: 'a POST of JSON',
    method: 'POST',
    path: '/json',
    headers: [JSON_TYPE, ['Idempotency-Key', '"doctor-1"']],
    body: JSON_BODY,
  },
  {
    about: 'a POST in gzip',
    method: 'POST',
    path: '/gzip',
    headers: [JSON_TYPE, ['Content-Encoding', 'gzip']],
    body: gzipSync(JSON_BODY),
  },
  {
    about: 'a chunked POST',
    method: 'POST',
    path: '/chunked',
    headers: [JSON_TYPE],
    body: JSON_BODY,
    chunked: true,
  },
  { about: 'a POST without a body', method: 'POST', path: '/empty', body: new Uint8Array() },
  {
    about: 'a PUT of text in UTF-8, with line ends of both kinds',
    method: 'PUT',
    path: '/text',
    headers: [['Content-Type', 'text/plain;charset=UTF-8']],
    body: text('caf\u00e9\r\n\u20ac\n'),
  },
  {
    about: 'a PATCH of bytes',
    method: 'PATCH',
    path: '/bytes',
    headers: [['Content-Type', 'application/octet-stream']],
    body: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  },
  { about: 'a DELETE', method: 'DELETE', path: '/delete' },
];

function text(given: string): Uint8Array {
  return new TextEncoder().encode(given);
}
