/** Requests of those who hold no key. */
import { formatAuthorization, parseAuthorization, sha256Hex } from '@countersign/canonical';
import type { Attack } from '../probe/attack.js';
import { forge } from '../probe/sign.js';
import { added, both, type Change, parameter, signature, target, without } from './changes.js';
import { type Variant, variantsAttack } from './variants.js';

const GUESSED_SECRETS: readonly (readonly [string, (keyId: string) => Uint8Array])[] = [
  ['a random secret', () => crypto.getRandomValues(new Uint8Array(32))],
  ['a secret of 32 zero bytes', () => new Uint8Array(32)],
  ['an empty secret', () => new Uint8Array(0)],
  ['the key id as secret', (keyId) => Buffer.from(keyId)],
  ['the text "undefined" as secret', () => Buffer.from('undefined')],
];

const UNKNOWN_KEYS = ['probe-no-such-key', '__proto__', 'constructor', 'toString'];

/** Spellings by which a router may find a handler whose verifier was looked up by the path as it came. */
const RESPELLED: readonly (readonly [string, (target: string) => string])[] = [
  ['the first letter of the path encoded', (text) => text.replace(/[a-z]/i, encoded)],
  ['the last letter of the path encoded', (text) => text.replace(/[a-z0-9](?=[^a-z0-9]*(?:$|\?))/i, encoded)],
  ['the path in upper case', (text) => text.replace(/^[^?]*/, (path) => path.toUpperCase())],
  ['a slash behind the path', (text) => text.replace(/(?=$|\?)/, '/')],
  ['a second slash in front', (text) => `/${text}`],
];

const unsigned = variantsAttack({
  id: 'unsigned',
  group: 'strangers',
  attack: 'The request without a signature, or with credentials of another scheme.',
  catalogue: 'an endpoint that nobody decorated',
  variants: [
    ['no signature', withoutSignature],
    ['an empty signature field', signature('')],
    ['a bearer token', signature('Bearer probe')],
    ['basic credentials', signature(`Basic ${btoa('admin:admin')}`)],
    ['the name of the scheme alone', signature('CS1-HMAC-SHA256')],
    ['another version of the scheme', signature((text) => text.replace('CS1-HMAC-SHA256', 'CS0-NONE'))],
    ['no signature, and the address of this machine claimed', bothFields('127.0.0.1')],
    ...RESPELLED.map(
      ([what, respell]): Variant => [`no signature, and ${what}`, both(withoutSignature, target(respell))],
    ),
  ],
});

const wrongSecret = variantsAttack({
  id: 'wrong-secret',
  group: 'strangers',
  attack: 'The request signed with another secret than that of the key.',
  variants: GUESSED_SECRETS.map(
    ([what, secret]): Variant => [
      what,
      (request, plan) => forge(plan, request, {}, secret(plan.credentials.keyId)),
    ],
  ),
});

const unknownKey = variantsAttack({
  id: 'unknown-key',
  group: 'strangers',
  attack: 'The request signed for key ids that do not exist, with secrets that a lookup of nothing may give.',
  catalogue: '`__proto__` as a parameter or key id',
  variants: UNKNOWN_KEYS.flatMap((key) =>
    GUESSED_SECRETS.slice(1, 3).map(
      ([what, secret]): Variant => [
        `key ${key}, ${what}`,
        (request, plan) => forge(plan, request, { key }, secret(key)),
      ],
    ),
  ),
});

const wrongSignature = variantsAttack({
  id: 'wrong-signature',
  group: 'strangers',
  attack: 'The request with a signature that is changed, cut short, empty or a mere hash.',
  variants: [
    ['the last digit changed', parameter('sig', (sig) => sig.slice(0, -1) + (sig.endsWith('0') ? '1' : '0'))],
    ['the first digit changed', parameter('sig', (sig) => (sig.startsWith('0') ? '1' : '0') + sig.slice(1))],
    ['the second half changed', parameter('sig', (sig) => sig.slice(0, 32) + '0'.repeat(32))],
    ['cut to 8 digits', parameter('sig', (sig) => sig.slice(0, 8))],
    ['one digit', parameter('sig', (sig) => sig.slice(0, 1))],
    ['empty', parameter('sig', '')],
    ['all zeros', parameter('sig', '0'.repeat(64))],
    ['a hash without a key', parameter('sig', (sig) => sha256Hex(sig))],
    ['the digest of the body', digestAsSignature],
  ],
});

export const strangers: readonly Attack[] = [unsigned, wrongSecret, unknownKey, wrongSignature];

function withoutSignature(...[request, plan]: Parameters<Change>): ReturnType<Change> {
  return without(plan.signatureField)(request, plan);
}

function encoded(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16)}`;
}

function bothFields(address: string): Change {
  return both(withoutSignature, added(['X-Forwarded-For', address], ['X-Real-IP', address]));
}

function digestAsSignature(...[request, plan]: Parameters<Change>): ReturnType<Change> {
  return signature((text) => {
    const fields = parseAuthorization(text, plan.signatureField);
    return formatAuthorization({ ...fields, sig: fields.digest });
  })(request, plan);
}
