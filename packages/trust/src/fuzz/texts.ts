/**
 * Each reader of the protocol by itself: texts that are nearly right. A reader reads or refuses in its documented way, and what
 * it has read, written again, is the text that it read.
 */
import {
  CanonicalError,
  canonicalAuthority,
  canonicalize,
  canonicalTarget,
  formatAuthorization,
  importSecret,
  isScope,
  openVerdict,
  parseAuthorization,
  parseCanonical,
  parseDebug,
  REQUEST_REFUSALS,
  scopeContains,
  scopePath,
  secretBytes,
} from '@countersign/canonical';
import { parseRate } from '@countersign/server';
import { junkTexts, TEST_SECRET } from '@countersign/testkit';
import fc from 'fast-check';
import { edited, edits } from './edits.js';
import { count, type Part, propertyPart } from './part.js';

const HEX = '0123456789abcdef'.repeat(4);
const NONCE = '0f8fad5b-d9cb-469f-a165-70867728950e';
const SUBJECT = { key: 'key_1', nonce: NONCE, sig: HEX };
const FIELD = formatAuthorization({
  key: 'key_1',
  ts: '1763750000000',
  nonce: NONCE,
  scope: 'orders:write',
  digest: HEX,
  headers: ['content-type', 'idempotency-key'],
  sig: HEX,
});
const CANONICAL = `CS1-HMAC-SHA256\nPOST\napi.example.com\n/v1/~eu\na=1&b=2\n${HEX}\n1763750000000\n${NONCE}\nkey_1\norders\ncontent-type:a/b`;
const SECRET = importSecret(TEST_SECRET);

/** A reader: what it is given when all is right, and what must hold of what it says. It returns a word on how it ended. */
export interface Reader {
  readonly right: string;
  readonly read: (text: string) => string;
}

function same(written: string, text: string): string {
  if (written !== text) throw new Error(`read, and written again as ${JSON.stringify(written)}`);
  return 'read';
}

/** Calls a reader that refuses by a `CanonicalError` of a code that the specification knows. */
function orRefused(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof CanonicalError && REQUEST_REFUSALS.includes(error.code)) return error.code;
    throw error;
  }
}

/** Calls a reader of configuration: it refuses by an error of this class, which does not quote a secret. */
function orThrows(
  type: typeof TypeError | typeof RangeError,
  secret: string | undefined,
  read: () => void,
): string {
  try {
    read();
    return 'read';
  } catch (error) {
    if (!(error instanceof type)) throw error;
    if (secret !== undefined && secret.length > 8 && error.message.includes(secret)) {
      throw new Error('the error quotes the secret');
    }
    return type.name;
  }
}

export const READERS: Readonly<Record<string, Reader>> = {
  canonicalTarget: {
    right: '/v1/%7eeu;a=1/b%2Fc?b=2&a=1&a[x]=%FF',
    read: (text) =>
      orRefused(() => {
        const { path, query } = canonicalTarget(text);
        const again = canonicalTarget(query === '' ? path : `${path}?${query}`);
        if (!/^\/[!-~]*$/.test(path) || !/^[!-~]*$/.test(query)) throw new Error('not visible ASCII');
        same(again.path, path);
        return same(again.query, query);
      }),
  },
  parseAuthorization: {
    right: FIELD,
    read: (text) => orRefused(() => same(formatAuthorization(parseAuthorization(text)), text)),
  },
  parseCanonical: {
    right: CANONICAL,
    read: (text) => orRefused(() => same(canonicalize(parseCanonical(text)), text)),
  },
  canonicalAuthority: {
    right: 'API.example.com:8443',
    read: (text) => {
      const authority = canonicalAuthority(text);
      return authority === undefined ? 'none' : same(canonicalAuthority(authority) ?? '', authority);
    },
  },
  openVerdict: {
    right: `code="rate-limited", time="1763750000123", dead-since="", retry-after-ms="1500", sig="${HEX}"`,
    read: (text) => {
      // Nobody here knows the secret: whatever opens is forged.
      if (openVerdict(SECRET, SUBJECT, text) !== undefined) throw new Error('a forged verdict was opened');
      return 'none';
    },
  },
  scope: {
    right: 'orders:write:tenant-42',
    read: (text) => {
      if (!isScope(text)) return 'none';
      const path = scopePath(text);
      if (!path.every((scope) => isScope(scope) && scopeContains(scope, text)))
        throw new Error('not its path');
      return 'read';
    },
  },
  secretBytes: {
    right: TEST_SECRET,
    read: (text) => orThrows(TypeError, text, () => secretBytes(text)),
  },
  parseRate: {
    right: '60 per 15 minutes',
    read: (text) => orThrows(RangeError, undefined, () => parseRate(text, 'limits')),
  },
  parseDebug: {
    right: Buffer.from(CANONICAL).toString('base64url'),
    read: (text) => (parseDebug(text) === undefined ? 'none' : 'read'),
  },
};

export function textsPart(readers: Readonly<Record<string, Reader>> = READERS): Part {
  const names = Object.keys(readers);
  return propertyPart({
    name: 'texts',
    about:
      'nine readers, texts nearly right and not at all: read and written again the same, or refused as documented',
    share: 0.35,
    inputs: fc.tuple(
      fc.constantFrom(...names),
      fc.oneof({ weight: 5, arbitrary: edits(3) }, { weight: 1, arbitrary: junkTexts() }),
    ),
    judge: (tally) => (input) => {
      const [name, change] = input;
      const { right, read } = readers[name] as Reader;
      const text = typeof change === 'string' ? change : edited(right, change);
      count(tally, `${name}: ${read(text)}`);
    },
  });
}
