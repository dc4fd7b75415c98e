/** Holes in how header fields are read, the signature's own among them. */
import {
  ANY_HOST,
  collectFields,
  type FieldLine,
  type ReadRequest,
  type RequestPolicy,
  readRequest,
  requestPolicy,
} from '@countersign/canonical';
import type { Hole } from './hole.js';
import type { Call, Setting } from './steps.js';

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

function onlyFirst(lines: readonly FieldLine[], field: string): readonly FieldLine[] {
  const isIt = ([name]: FieldLine): boolean => name.toLowerCase() === field;
  return lines.filter((line) => !isIt(line) || line === lines.find(isIt));
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

export const FIELD_HOLES: readonly Hole[] = [
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
    opens: ['header-absent-signed-empty'],
  },
  {
    name: 'content-type-unsigned',
    wrong: 'a content type is taken though it is not signed',
    line: 'unbound-headers',
    break: (_right, setting) => ({ read: (call) => read(call, policyWithout('content-type', setting)) }),
    opens: ['header-left-unsigned'],
  },
  {
    name: 'override-unsigned',
    wrong: 'a method override is taken though it is not signed',
    line: 'injected-header',
    break: (_right, setting) => ({
      read: (call) => read(call, policyWithout('x-http-method-override', setting)),
    }),
    opens: ['header-injected'],
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
    opens: ['header-duplicated'],
  },
  {
    name: 'first-authorization',
    wrong: 'of two signatures the first is taken',
    line: 'unbound-headers',
    break: (_right, setting) => ({
      read: (call) =>
        read({ ...call, lines: onlyFirst(call.lines, 'authorization') }, requestPolicy(setting)),
    }),
    opens: ['signature-duplicated'],
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
    opens: ['time-notation'],
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
    opens: ['time-notation'],
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
    opens: ['nonce-respelled'],
  },
  {
    name: 'any-host',
    wrong: 'whichever service was addressed, the request is taken for this one',
    line: 'other-service',
    break: () => ({ read: (call) => read(call, requestPolicy({ audience: ANY_HOST })) }),
    opens: ['audience-other-service'],
  },
  {
    name: 'first-host',
    wrong: 'of two Host fields the first is taken',
    line: 'two-hosts',
    break: (_right, setting) => ({
      read: (call) => read({ ...call, lines: onlyFirst(call.lines, 'host') }, requestPolicy(setting)),
    }),
    opens: ['host-duplicated'],
  },
  {
    name: 'target-authority',
    wrong: 'the authority in an absolute target is not looked at',
    line: 'two-hosts',
    break: (_right, setting) => ({
      read: (call) => {
        const target = call.target.replace(/^https?:\/\/[^/]*/, '');
        return read({ ...call, target }, requestPolicy(setting));
      },
    }),
    opens: ['target-absolute'],
  },
];
