import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretBytes } from '@countersign/canonical';
import { describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.js';

describe('countersign keygen', () => {
  it('prints an id and a secret, and says on standard error that the secret is shown once', async () => {
    const { status, stdout, stderr } = await runCli(['keygen']);
    expect(status).toBe(0);
    const [, keyId, secret] =
      /^key id {2}(key_[0-9a-f]{16})\nsecret {2}(cs1s_[\w-]{43})\n$/.exec(stdout) ?? [];
    expect(keyId).toBeDefined();
    expect(secretBytes(secret ?? '').length).toBe(32);
    expect(stderr).toBe('The secret is shown this once: keep it where secrets are kept.\n');
  });

  it('makes another key each time', async () => {
    const [one, other] = await Promise.all([runCli(['keygen']), runCli(['keygen'])]);
    const lines = new Set([one, other].flatMap(({ stdout }) => stdout.trim().split('\n')));
    expect(lines.size).toBe(4);
  });

  it('takes an id, and writes JSON that --key-file reads', async () => {
    const { status, stdout, stderr } = await runCli(['keygen', '--id', 'partner_1', '--json']);
    expect(status).toBe(0);
    const key = JSON.parse(stdout);
    expect(Object.keys(key)).toEqual(['keyId', 'secret']);
    expect(key.keyId).toBe('partner_1');
    expect(stderr).not.toContain(key.secret);

    const folder = mkdtempSync(join(tmpdir(), 'countersign-keygen-'));
    try {
      const file = join(folder, 'partner_1.key.json');
      writeFileSync(file, stdout);
      const signed = await runCli(['sign', 'GET', 'https://api.example.com/', '--key-file', file]);
      expect(signed.stdout).toMatch(/^authorization: CS1-HMAC-SHA256 key="partner_1", /);
      expect(signed.stdout + signed.stderr).not.toContain(key.secret);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(['', 'a b', 'ä', 'a'.repeat(65), 'a"b'])('refuses the id %j in one line', async (id) => {
    const { status, stdout, stderr } = await runCli(['keygen', '--id', id]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^countersign: --id: [^\n]+\n$/);
  });

  it('takes every id that the protocol takes, also one that an object has by birth', async () => {
    for (const id of ['a'.repeat(64), '__proto__', '.', 'A.b_~-9']) {
      const { stdout } = await runCli(['keygen', '--json', `--id=${id}`]);
      expect(JSON.parse(stdout).keyId).toBe(id);
    }
  });

  it('refuses words it does not know, and has help with examples', async () => {
    expect((await runCli(['keygen', '--bits', '512'])).status).toBe(2);
    expect((await runCli(['keygen', 'please'])).status).toBe(2);
    const help = await runCli(['keygen', '--help']);
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('countersign keygen --id partner_1 --json > partner_1.key.json');
  });
});
