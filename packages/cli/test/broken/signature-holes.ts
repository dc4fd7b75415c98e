/** Holes in what a signature covers. */
import { canonicalTarget } from '@countersign/canonical';
import { EXTRA_FIELD, EXTRA_QUERY, extraFields } from '../../src/probe/baseline.js';
import type { Hole } from './hole.js';
import { SIGNED_ID } from './probed.js';
import type { Call } from './steps.js';

// A MAC tells what it is of to nobody, so a verifier that forgets a part has to know what was signed: this.
const SIGNED_QUERY: string = canonicalTarget(`/?${EXTRA_QUERY}`).query;
const SIGNED_VALUE: string = extraFields().find(([name]) => name === EXTRA_FIELD)?.[1] ?? '';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const SCOPES = ['', 'orders', 'orders:read', 'orders:write', 'exports'];

export const SIGNATURE_HOLES: readonly Hole[] = [
  {
    name: 'digest-unchecked',
    wrong: 'the digest is signed, and the body never compared with it',
    line: 'unchecked-digest',
    break: () => ({ bodyFits: () => true }),
    opens: ['body-replaced', 'digest-respelled'],
  },
  {
    name: 'query-uncovered',
    wrong: 'whichever query was signed is good for every other',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => ['', SIGNED_QUERY].map((query) => ({ ...parts, query })) }),
    opens: ['query-added', 'query-changed', 'query-removed', 'query-reordered', 'query-respelled'],
  },
  {
    name: 'query-additions',
    wrong: 'the verifier is given the path without its query, and what was signed without one may get one',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => [parts, { ...parts, query: '' }] }),
    opens: ['query-added'],
  },
  {
    name: 'path-parameter-uncovered',
    wrong: 'whichever id was signed is good for every other',
    line: 'uncovered-parts',
    break: () => ({
      covered: (parts) => [{ ...parts, path: parts.path.replace(/(?<=^\/v1\/orders\/)[^/]+$/, SIGNED_ID) }],
    }),
    opens: ['path-changed', 'target-encoded-separators'],
  },
  {
    name: 'method-uncovered',
    wrong: 'whichever method was signed is good for every other',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => METHODS.map((method) => ({ ...parts, method })) }),
    opens: ['method-changed'],
  },
  {
    name: 'scope-unsigned',
    wrong: 'the scope is a parameter beside the signature',
    line: 'uncovered-parts',
    break: () => ({ covered: (parts) => SCOPES.map((scope) => ({ ...parts, scope })) }),
    opens: ['scope-changed'],
  },
  {
    name: 'query-sorted',
    wrong: 'the query is sorted by name and value, so that repeated parameters may change places',
    line: 'repeated-parameters',
    break: () => ({
      covered: (parts) => {
        const sorted = (query: string): string => query.split('&').sort().join('&');
        const same = sorted(parts.query) === sorted(SIGNED_QUERY);
        return [same ? { ...parts, query: SIGNED_QUERY } : parts];
      },
    }),
    opens: ['query-reordered'],
  },
  {
    name: 'plus-is-space',
    wrong: 'in a value a + and a %20 are the same',
    line: 'equivalent-encodings',
    break: () => ({
      covered: (parts) => {
        const query = parts.query.replace(/=[^&]*/g, (value) => value.replaceAll('%20', '+'));
        return [parts, { ...parts, query }];
      },
    }),
    opens: ['query-respelled'],
  },
  {
    name: 'utf8-decoded',
    wrong: 'bytes that are no UTF-8 all become U+FFFD',
    line: 'invalid-utf8',
    break: () => ({
      covered: (parts) => [{ ...parts, query: parts.query.replace(/%FE|%EF%BF%BD/g, '%FF') }],
    }),
    opens: ['query-invalid-utf8'],
  },
  {
    name: 'first-thousand',
    wrong: 'a parser reads a thousand parameters and leaves out the rest',
    line: 'parameter-1001',
    break: (right) => {
      const cut = (call: Call): Call => ({ ...call, target: call.target.split('&', 1_000).join('&') });
      return {
        guarded: (call) => right.guarded(cut(call)),
        run: (call) => right.run(cut(call)),
        read: (call) => right.read(cut(call)),
      };
    },
    opens: ['parameter-1001'],
  },
  {
    name: 'header-values-unbound',
    wrong: 'that a field is signed means that it is there, whatever it says',
    line: 'unbound-headers',
    break: () => ({
      covered: (parts) => {
        const headers = parts.headers.map(
          ([name, value]) => [name, name === EXTRA_FIELD ? SIGNED_VALUE : value] as const,
        );
        return [{ ...parts, headers }];
      },
    }),
    opens: ['header-changed'],
  },
  {
    name: 'unknown-key-told',
    wrong: 'an unknown key is answered differently from a wrong signature',
    line: 'brute-force',
    break: () => ({ unknownKey: 'unknown-key' }),
    opens: ['unknown-key-told-apart'],
  },
];
