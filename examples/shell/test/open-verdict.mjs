// `sign.sh -v` behind the conformance kit's protocol: countersign vectors --task open-verdict --run 'node open-verdict.mjs'.
// What sign.sh signs is held against the kit by packages/cli/test/ports/sign-sh.mjs.
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../sign.sh', import.meta.url));

for await (const line of createInterface({ input: process.stdin })) {
  const { name, task, keyId, secret, nonce, requestSignature, field } = JSON.parse(line);
  const answer =
    task === 'open-verdict' ? open() : { unsupported: `this port opens verdicts; it does not ${task}` };
  process.stdout.write(`${JSON.stringify({ name, ...answer })}\n`);

  function open() {
    const env = { PATH: process.env.PATH, COUNTERSIGN_KEY: keyId, COUNTERSIGN_SECRET: secret };
    const words = [SCRIPT, '-v', nonce, requestSignature, field];
    const { status, stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8', env });
    if (status === 1) return { refused: true };
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    const said = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((part) => part.split('=')),
    );
    return {
      code: said.code,
      time: said.time,
      deadSince: said['dead-since'],
      retryAfterMs: said['retry-after-ms'],
    };
  }
}
