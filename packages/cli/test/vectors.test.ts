/** `countersign vectors`: what is published is printed, whole, and asked for in parts. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.js';

const FOLDER = new URL('../../canonical/vectors/', import.meta.url);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const read = (file: string): { name: string }[] => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
const published = files.sort().flatMap(read);

describe('countersign vectors', () => {
  it('prints every published vector as it is, one JSON line each', async () => {
    const { status, stdout, stderr } = await runCli(['vectors']);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(700);
    expect(lines.map((line) => JSON.parse(line))).toEqual(published);
  });

  it('prints one array with --json', async () => {
    const { stdout } = await runCli(['vectors', '--json']);
    expect(JSON.parse(stdout)).toEqual(published);
  });

  it('prints one stage, or several', async () => {
    const one = await runCli(['vectors', '--json', '--stage', 'path']);
    expect(JSON.parse(one.stdout)).toEqual(read('path.json'));
    const two = await runCli(['vectors', '--json', '--stage', 'path', 'verdict']);
    expect(JSON.parse(two.stdout)).toEqual([...read('path.json'), ...read('verdict.json')]);
  });

  it('prints those whose names hold a text, in any case', async () => {
    const { stdout } = await runCli(['vectors', '--json', '--stage', 'path', '--name', 'Dot Segment']);
    const names = JSON.parse(stdout).map(({ name }: { name: string }) => name);
    expect(names.length).toBeGreaterThan(3);
    expect(names).toEqual(read('path.json').flatMap(({ name }) => (/dot segment/i.test(name) ? [name] : [])));
  });

  it('ends well when its reader has seen enough', async () => {
    const { spawnSync } = await import('node:child_process');
    const main = new URL('../dist/main.js', import.meta.url).pathname;
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', `"${process.execPath}" "${main}" vectors | head -n 1`],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(published[0]);
    expect(status).toBe(0);
  });

  it.each([
    [
      ['--stage', 'paths'],
      /^countersign: --stage: there is no paths; published are audience, .*verdict.*\n$/,
    ],
    [['--name', 'no such vector'], /^countersign: --name: [^\n]*\n$/],
    [['--partial'], /^countersign: --task and --partial go with --run [^\n]*\n$/],
    [['--run', ' '], /^countersign: --run: expected a command\n$/],
    [['--run', 'true', '--stage', 'path', '--task', 'open-verdict'], /^countersign: --task: [^\n]*\n$/],
    [['--run', 'true', '--timeout', '0'], /--timeout[^\n]*expected seconds/],
    [['--run', 'true', '--timeout', 'soon'], /--timeout[^\n]*expected seconds/],
    [['--run', 'true', '--task', 'guess'], /--task[^\n]*sign, verify/],
    [['more'], /too many arguments/],
  ])('refuses %j', async (words, message) => {
    const { status, stdout, stderr } = await runCli(['vectors', ...words]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });

  it('has help with examples and the protocol in short', async () => {
    const { status, stdout } = await runCli(['vectors', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain("$ countersign vectors --run 'python3 countersign.py vectors'");
    expect(stdout).toContain('{"canonical": …, "signature": …, "authorization": …}');
  });
});
