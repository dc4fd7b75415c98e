// Another implementation of the protocol, as the conformance kit sees one, with faults to choose from: `port.mjs FAULT`.
// Right, it is @countersign/canonical behind the kit's protocol; each fault is one that ports have.
import { createHash, createHmac } from 'node:crypto';
import { createInterface } from 'node:readline';
import * as cs from '@countersign/canonical';

const fault = process.argv[2];
const lines = createInterface({ input: process.stdin });

/** What each fault makes of the parts of a request before they are joined. */
const ON_PARTS = {
  'decodes the path': (parts) => ({ ...parts, path: unescape(parts.path) }),
  'lower-cases escapes': (parts) => ({
    ...parts,
    path: parts.path.replace(/%../g, (escaped) => escaped.toLowerCase()),
  }),
  'merges slashes': (parts) => ({ ...parts, path: parts.path.replace(/\/{2,}/g, '/') }),
  'sorts whole pairs': (parts) => ({ ...parts, query: parts.query.split('&').sort().join('&') }),
  'keeps the default port': (parts, { audience }) => ({
    ...parts,
    audience: audience?.toLowerCase() ?? parts.audience,
  }),
  'keeps the case of the host': (parts, { audience }) => ({ ...parts, audience: audience ?? parts.audience }),
  'signs no body': (parts) => ({ ...parts, digest: createHash('sha256').digest('hex') }),
  'upper-cases the method': (parts) => ({ ...parts, method: parts.method.replaceAll('-', '') }),
};

for await (const line of lines) {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(spoilt(question, answer(question)))}\n`);
}

function answer(question) {
  const { task, secret, keyId: key, nonce, requestSignature: sig } = question;
  const subject = { key, nonce, sig };
  try {
    if (task === 'sign') return sign(question);
    if (task === 'verify') return verify(question);
    if (task === 'write-verdict') {
      const { code, time, deadSince, retryAfterMs } = question;
      const text = ['CS1-VERDICT-HMAC-SHA256', key, nonce, sig, code, time, deadSince, retryAfterMs].join(
        '\n',
      );
      const signature = mac(secret, text);
      const field = `code="${code}", time="${time}", dead-since="${deadSince}", retry-after-ms="${retryAfterMs}", sig="${signature}"`;
      return { text, signature, field };
    }
    const opened = cs.openVerdict(cs.importSecret(secret), subject, question.field);
    if (opened === undefined) return { refused: true };
    const { code, timeMs, deadSinceMs = '', retryAfterMs = '' } = opened;
    return { code, time: `${timeMs}`, deadSince: `${deadSinceMs}`, retryAfterMs: `${retryAfterMs}` };
  } catch (error) {
    if (error instanceof cs.CanonicalError) return { refused: error.code };
    throw error;
  }
}

function sign(question) {
  const { method, target, audience, headers, signed, body, bodyBase64, keyId, secret } = question;
  const { timestamp: ts, nonce, scope } = question;
  const { path, query, authority } = cs.canonicalTarget(target);
  const fields = cs.collectFields(headers);
  const bytes = bodyBase64 === undefined ? Buffer.from(body) : Buffer.from(bodyBase64, 'base64');
  let parts = {
    method,
    audience: audience === undefined ? authority : cs.canonicalAuthority(audience),
    path,
    query,
    digest: createHash('sha256').update(bytes).digest('hex'),
    ts,
    nonce,
    key: keyId,
    scope,
    headers: signed.map((name) => [name, cs.signedValue(fields, name)]),
  };
  parts = ON_PARTS[fault]?.(parts, question) ?? parts;
  let canonical = textOf(parts);
  if (fault === 'ends in a line feed') canonical += '\n';
  const signature = mac(secret, canonical);
  const names = fault === 'joins names by commas' ? signed.join(',') : signed.join(';');
  const authorization = `CS1-HMAC-SHA256 key="${keyId}", ts="${ts}", nonce="${nonce}", scope="${scope}", digest="${parts.digest}", headers="${names}", sig="${signature}"`;
  return { canonical, signature, authorization };
}

function verify({ method, target, headers, accept = cs.ANY_HOST, header, requireSigned, secret }) {
  const policy = cs.requestPolicy({
    audience: accept,
    ...(header === undefined ? {} : { header }),
    ...(requireSigned === undefined || fault === 'ignores requireSigned' ? {} : { requireSigned }),
  });
  try {
    const canonical = textOf(cs.readRequest({ method, target, headers }, policy).parts);
    return { canonical, signature: mac(secret, canonical) };
  } catch (error) {
    if (fault === 'takes dot segments' && error.code === 'ambiguous-target')
      return { canonical: '', signature: '' };
    if (fault === 'calls all refusals malformed') return { refused: 'malformed-request' };
    throw error;
  }
}

function textOf({ method, audience, path, query, digest, ts, nonce, key, scope, headers }) {
  const fields = headers.map(([name, value]) => `${name}:${value}`);
  return ['CS1-HMAC-SHA256', method, audience, path, query, digest, ts, nonce, key, scope, ...fields].join(
    '\n',
  );
}

function mac(secret, text) {
  const bytes = fault === 'takes the text of the secret' ? Buffer.from(secret) : cs.secretBytes(secret);
  const hex = createHmac('sha256', bytes).update(text).digest('hex');
  return fault === 'writes upper-case hex' ? hex.toUpperCase() : hex;
}

function spoilt({ task }, given) {
  if (fault === 'believes every verdict' && task === 'open-verdict' && given.refused) {
    return { code: 'admitted', time: '1763750000000', deadSince: '', retryAfterMs: '' };
  }
  if (fault === 'signs only' && task !== 'sign') return { unsupported: 'this port signs only' };
  return given;
}
