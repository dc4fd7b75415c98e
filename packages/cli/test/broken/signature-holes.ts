/** Holes in what a signature covers, and in how its field is read. */
import {
  collectFields,
  type FieldLine,
  type ReadRequest,
  type RequestPolicy,
  readRequest,
  requestPolicy,
} from '@countersign/canonical';
import type { Hole } from './hole.js';
import type { Call, Setting } from './steps.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const SCOPES = ['', 'orders', 'orders:read', 'orders:write', 'exports'];

function read({ method, target, lines }: Call, policy: RequestPolicy): ReadRequest {
  return readRequest({ method, target, headers: lines }, policy);
}

function policyWithout(name: string, { audience }: Setting): RequestPolicy {
  const policy = requestPolicy({ audience });
  return { ...policy, requiredSigned: policy.requiredSigned.filter((required) => required !== name) };
}

/** What a `Headers` makes of field lines: those of one name become one. */
function joined(lines: readonly FieldLine[]): FieldLine[] {
  const { names, get } = collectFields(lines);
  return [...new Set(names)].map((name) => [name, get(name).join(', ')] as const);
}

/** Reads a field with a parameter that the protocol does not allow, for the MAC as it came. */
function lenient(call: Call, name: 'ts' | 'nonce', stand: string, setting: Setting): ReadRequest {
  const parameter = new RegExp(`${name}="([^"]*)"`);
  const [, value = stand] = parameter.exec(collectFields(call.lines).get('authorization')[0] ?? '') ?? [];
  const lines = call.lines.map(
    ([field, text]) => [field, text.replace(parameter, `${name}="${stand}"`)] as const,
  );
  const request = read({ ...call, lines }, requestPolicy(setting));
  const came = { [name]: value };
  return {
    ...request,
    parts: { ...request.parts, ...came },
    authorization: { ...request.authorization, ...came },
  };
}

const SOME_TIME = '1763750000000';
const SOME_NONCE = '0f8fad5b-d9cb-469f-a165-70867728950e';

export const SIGNATURE_HOLES: readonly Hole[] = [
  {
    name: 'digest-unchecked',
    wrong: 'the digest is signed, and the body never compared with it',
    line: 'unchecked-digest',
    break: () => ({ bodyFits: () => true }),
    opens: [],
  },
  {
    name: 'query-uncovered',
    wrong: 'the verifier is given the path without its query',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => [parts, { ...parts, query: '' }] }),
    opens: [],
  },
  {
    name: 'path-uncovered',
    wrong: 'the verifier is given the path at which it is mounted',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => [parts, { ...parts, path: '/v1/orders' }] }),
    opens: [],
  },
  {
    name: 'method-uncovered',
    wrong: 'whichever method was signed is good for every other',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => METHODS.map((method) => ({ ...parts, method })) }),
    opens: [],
  },
  {
    name: 'scope-unsigned',
    wrong: 'the scope is a parameter beside the signature',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => SCOPES.map((scope) => ({ ...parts, scope })) }),
    opens: [],
  },
  {
    name: 'repeated-parameters',
    wrong: 'the query is sorted by name and value, so that repeated parameters may change places',
    line: 'repeated-parameters',
    break: () => ({
      covered: (parts) => {
        const pieces = parts.query.split('&');
        return [pieces, [...pieces].reverse(), [...pieces].sort()].map((some) => ({
          ...parts,
          query: some.join('&'),
        }));
      },
    }),
    opens: [],
  },
  {
    name: 'absent-as-empty',
    wrong: 'a signed field that is absent signs as an empty one',
    line: 'unbound-headers',
    break: (_right, setting) => ({
      read: (call) => {
        const fields = collectFields(call.lines);
        const names = /headers="([^"]*)"/.exec(fields.get('authorization')[0] ?? '')?.[1]?.split(';') ?? [];
        const absent = names.filter((name) => name !== '' && !fields.has(name));
        const lines = [...call.lines, ...absent.map((name) => [name, ''] as const)];
        return read({ ...call, lines }, requestPolicy(setting));
      },
    }),
    opens: [],
  },
  {
    name: 'content-type-unsigned',
    wrong: 'a content type is taken though it is not signed',
    line: 'unbound-headers',
    break: (_right, setting) => ({ read: (call) => read(call, policyWithout('content-type', setting)) }),
    opens: [],
  },
  {
    name: 'override-unsigned',
    wrong: 'a method override is taken though it is not signed',
    line: 'injected-header',
    break: (_right, setting) => ({
      read: (call) => read(call, policyWithout('x-http-method-override', setting)),
    }),
    opens: [],
  },
  {
    name: 'lines-joined',
    wrong: 'the lines of a signed field are joined',
    line: 'split-header',
    break: (_right, setting) => ({
      read: (call) => {
        // The signature's own lines are not joined: two of them stay two.
        const own = call.lines.filter(([name]) => name.toLowerCase() === 'authorization');
        const others = call.lines.filter(([name]) => name.toLowerCase() !== 'authorization');
        return read({ ...call, lines: [...joined(others), ...own] }, requestPolicy(setting));
      },
    }),
    opens: [],
  },
  {
    name: 'first-authorization',
    wrong: 'of two signatures the first is taken',
    line: 'unbound-headers',
    break: (_right, setting) => ({
      read: (call) => {
        const first = call.lines.find(([name]) => name.toLowerCase() === 'authorization');
        const others = call.lines.filter(([name]) => name.toLowerCase() !== 'authorization');
        const lines = first === undefined ? others : [...others, first];
        return read({ ...call, lines }, requestPolicy(setting));
      },
    }),
    opens: [],
  },
  {
    name: 'ts-number',
    wrong: 'the time is whatever Number() reads',
    line: 'time-notation',
    break: (right, setting) => ({
      read: (call) => lenient(call, 'ts', SOME_TIME, setting),
      freshness: (ts, nowMs) =>
        Number.isFinite(Number(ts)) ? right.freshness(ts, nowMs) : 'stale-timestamp',
    }),
    opens: [],
  },
  {
    name: 'ts-nan',
    wrong: 'a time that is none is neither too old nor too new',
    line: 'nan-time',
    break: (right, setting) => ({
      read: (call) => {
        const request = lenient(call, 'ts', SOME_TIME, setting);
        const { ts } = request.authorization;
        // Other notations of a number are refused as they should be.
        return Number.isNaN(Number(ts)) ? request : right.read(call);
      },
    }),
    opens: [],
  },
  {
    name: 'nonce-case',
    wrong: 'a nonce in upper case is taken, and remembered as another one',
    line: 'equivalent-encodings',
    break: (right, setting) => ({
      read: (call) => lenient(call, 'nonce', SOME_NONCE, setting),
      // What is signed is the nonce in lower case.
      covered: (parts) => right.covered({ ...parts, nonce: parts.nonce.toLowerCase() }),
    }),
    opens: [],
  },
  {
    name: 'host-unbound',
    wrong: 'whatever Host is addressed, the request counts as sent to the first name of the list',
    line: 'other-service',
    break: (_right, { audience }) => {
      const policy = requestPolicy({ audience: audience[0] ?? '' });
      return { read: (call) => read(call, policy) };
    },
    opens: [],
  },
  {
    name: 'unknown-key-told',
    wrong: 'an unknown key is answered differently from a wrong signature',
    line: 'brute-force',
    break: () => ({ unknownKey: 'unknown-key' }),
    opens: [],
  },
];
