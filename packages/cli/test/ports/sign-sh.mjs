// examples/shell/sign.sh behind the conformance kit's protocol: the script takes one request as its arguments. What it
// says of itself that it does not sign (README of examples/shell) is answered as unsupported; a refusal has no code there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../../examples/shell/sign.sh', import.meta.url));
const WITH_BODY = ['POST', 'PUT', 'PATCH'];
const folder = mkdtempSync(join(tmpdir(), 'countersign-shell-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ name: question.name, ...answer(question) })}\n`);
}

function answer(question) {
  const { task, method, target, audience = '', headers, signed, keyId, secret } = question;
  if (task !== 'sign') return { unsupported: `the script signs; it does not ${task}` };
  const others = headers.filter(
    ([name]) => !['host', 'content-type', ':authority'].includes(name.toLowerCase()),
  );
  if (others.length > 0 || question.header !== undefined)
    return { unsupported: 'a field other than Content-Type, or another carrier' };
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const body = Buffer.from(question.body ?? question.bodyBase64, 'body' in question ? 'utf8' : 'base64');
  const takesBody = WITH_BODY.includes(method);
  if (!takesBody && method !== 'GET' && method !== 'DELETE') return { unsupported: `the method ${method}` };
  if (
    takesBody !== (type !== undefined) ||
    (!takesBody && body.length > 0) ||
    signed.length !== (takesBody ? 1 : 0)
  )
    return { unsupported: 'a body without a content type, or on a method that has none' };
  const file = join(folder, 'body');
  writeFileSync(file, body);
  const url = target.startsWith('/') ? `https://${audience}${target}` : target;
  const run = (flag) =>
    spawnSync('sh', [SCRIPT, flag, method, url, ...(takesBody ? [file, type] : [])], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        COUNTERSIGN_KEY: keyId,
        COUNTERSIGN_SECRET: secret,
        COUNTERSIGN_SCOPE: question.scope,
        COUNTERSIGN_TS: question.timestamp,
        COUNTERSIGN_NONCE: question.nonce,
        ...(audience === '' ? {} : { COUNTERSIGN_AUDIENCE: audience }),
      },
    });
  const text = run('-c');
  if (text.status !== 0) {
    const why = /^sign\.sh: (.*\(.*\)|the URL .*|the content type .*)\n$/.exec(text.stderr)?.[1];
    if (why === undefined) throw new Error(`${question.name}: ${text.stderr}`);
    return { unsupported: why.replace(/^.*\((.*)\)$/, 'not canonical: $1') };
  }
  const authorization = /^Authorization: (.*)$/m.exec(run('-n').stdout)?.[1] ?? '';
  return { canonical: text.stdout, signature: /sig="(.*)"$/.exec(authorization)?.[1], authorization };
}
