/** `countersign vectors --run`: right implementations pass, and wrong ones are told what is wrong with them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runs } from '@countersign/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.js';
import { runHere } from './support/run-here.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const PORT = `'${process.execPath}' '${path('./ports/port.mjs')}'`;
const SIGN_SH = `'${process.execPath}' '${path('./ports/sign-sh.mjs')}'`;
const PYTHON = `python3 -B '${path('../../../examples/python/countersign.py')}' vectors`;
const folder = mkdtempSync(join(tmpdir(), 'countersign-vectors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  conformant: boolean;
  asked: number;
  answered: number;
  agreed: number;
  tallies: { task: string; stage: string; asked: number; agreed: number; unsupported: number }[];
  findings: {
    task: string;
    stage: string;
    name: string;
    members: string[];
    part?: string;
    line?: number;
    cause: string;
  }[];
  unsupported: { name: string; reason: string }[];
  failure?: string;
}

async function report(command: string, ...words: string[]) {
  const { status, stdout, stderr } = await runHere(['vectors', '--json', '--run', command, ...words]);
  expect(stdout, stderr).not.toBe('');
  return {
    status,
    stderr: stderr.replace(/^vectors: \d+ of \d+\n/m, ''),
    report: JSON.parse(stdout) as Report,
  };
}

/** A script for the shell; it is written to a file, so that nothing has to be quoted. */
function script(text: string): string {
  const file = join(folder, `${crypto.randomUUID()}.mjs`);
  writeFileSync(file, text);
  return `'${process.execPath}' '${file}'`;
}

describe('a right implementation', () => {
  it.each([
    ['@countersign/canonical', PORT],
    ['examples/python', PYTHON],
  ])('agrees on every vector, on both sides of each: %s', async (_name, command) => {
    const { status, report: found, stderr } = await report(command);
    expect(found.findings).toEqual([]);
    expect(found.failure).toBeUndefined();
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(found.conformant).toBe(true);
    const all = (await runHere(['vectors'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const accepted = all.filter(({ refused }) => refused === undefined);
    // Each is asked once to the side that reads it, and once more to the side that writes it when there is one.
    expect(found.asked).toBe(all.length + accepted.length);
    expect(found.agreed).toBe(found.asked);
  });

  it('has each task and stage in its summary', async () => {
    const { status, stdout } = await runCli(['vectors', '--run', PORT]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^verify, precedence +29 +29 +0 +0$/m);
    expect(stdout).toMatch(/^sign, path +\d+ +\d+ +0 +0$/m);
    expect(stdout).toMatch(/^open-verdict, verdict +56 +56 +0 +0$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^(\d+) of \1 agree, 0 differ$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('agrees on what it signs, and says what it does not: examples/shell', async () => {
    // Each is three processes or more: every stage in `npm run campaign`.
    const stages = runs(1) > 1 ? [] : ['--stage', 'worked-examples', 'path', 'target', 'scope'];
    const { status, report: found } = await report(SIGN_SH, '--task', 'sign', '--partial', ...stages);
    expect(found.failure).toBeUndefined();
    expect(found.findings).toEqual([]);
    expect(status).toBe(0);
    expect(found.agreed).toBeGreaterThan(runs(1) > 1 ? 100 : 40);
    expect(found.agreed + found.unsupported.length).toBe(found.asked);
  });

  it('fails for what it does not support, unless that was agreed to', async () => {
    const signsOnly = `${PORT} 'signs only'`;
    const strict = await runHere(['vectors', '--stage', 'path', '--run', signsOnly]);
    expect(strict.status).toBe(1);
    expect(strict.stdout).toMatch(/^not supported, \d+ times: this port signs only$/m);
    expect(strict.stdout).toMatch(/, 0 differ, \d+ are not supported$/m);
    expect((await report(signsOnly, '--stage', 'path', '--partial')).status).toBe(0);
    expect((await report(signsOnly, '--stage', 'path', '--task', 'sign')).status).toBe(0);
    const nothing = script(
      'for await (const l of (await import("node:readline")).createInterface({ input: process.stdin })) console.log(\'{"unsupported":"all"}\')',
    );
    expect((await report(nothing, '--stage', 'path', '--partial')).status).toBe(1);
  });
});

describe('a wrong implementation', () => {
  it.each([
    ['decodes the path', 'sign', 'path', 'path', /path/],
    ['lower-cases escapes', 'sign', 'path', 'path', /path/],
    ['merges slashes', 'sign', 'path', 'path', /path/],
    ['sorts whole pairs', 'sign', 'query', 'query', /query|parameter/],
    ['keeps the default port', 'sign', 'audience', 'audience', /host|port|authority|audience/],
    ['keeps the case of the host', 'sign', 'audience', 'audience', /host|port|authority|audience/],
    ['signs no body', 'sign', 'body', 'digest', /bod/],
    ['upper-cases the method', 'sign', 'method', 'method', /method/],
    ['ends in a line feed', 'sign', 'worked-examples', undefined, /./],
    ['takes the text of the secret', 'sign', 'worked-examples', undefined, /key is the text of the secret/],
    ['writes upper-case hex', 'verify', 'worked-examples', undefined, /lower case/],
    ['joins names by commas', 'sign', 'headers', undefined, /from character \d+ on: ";/],
    [
      'takes dot segments',
      'verify',
      'path',
      undefined,
      /it is taken, and has to be refused as ambiguous-target: ./,
    ],
    ['calls all refusals malformed', 'verify', 'precedence', undefined, /another code/],
    [
      'ignores requireSigned',
      'verify',
      'headers',
      undefined,
      /it is taken, and has to be refused( as malformed-request)?:/,
    ],
    [
      'believes every verdict',
      'open-verdict',
      'verdict',
      undefined,
      /it is taken, and has to be refused( as malformed-request)?:/,
    ],
  ])('that %s is found in %s, %s', async (fault, task, stage, part, cause) => {
    const { status, report: found } = await report(`${PORT} '${fault}'`);
    expect(status).toBe(1);
    expect(found.conformant).toBe(false);
    expect(found.failure).toBeUndefined();
    expect(found.answered).toBe(found.asked);
    const own = found.findings.filter((one) => one.task === task && one.stage === stage);
    expect(own.length).toBeGreaterThan(0);
    if (part !== undefined) expect(own.map((one) => one.part)).toContain(part);
    expect(own.map((one) => one.cause).join('\n')).toMatch(cause);
    expect(own.map((one) => one.cause).join('\n')).not.toMatch(/on the way|client|server/);
    // In the text it is named with its vector.
    const { stdout } = await runHere(['vectors', '--stage', stage, '--run', `${PORT} '${fault}'`]);
    expect(stdout).toContain(`differs  ${task}, ${stage}: ${own[0]?.name}\n`);
  });

  it('is shown the line that differs, on both sides', async () => {
    const words = ['--stage', 'worked-examples', '--task', 'sign', '--run', `${PORT} 'signs no body'`];
    const { stdout } = await runHere(['vectors', ...words]);
    expect(stdout).toContain('canonical line 6, digest (so also signature, authorization): ');
    expect(stdout).toContain(
      '    expected  2ed78cb54f07ab0b5e1d035c86dc3585ac044786b8398d4cbeda2e3b0814e4fb\n',
    );
    expect(stdout).toContain(
      '    given     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n',
    );
  });

  it('is shown five differences of each kind, and how many more there are', async () => {
    const { stdout } = await runHere(['vectors', '--stage', 'path', '--run', 'cat']);
    expect(stdout.match(/^differs {2}sign/gm)).toHaveLength(5);
    expect(stdout).toMatch(/^ {2}… and \d+ more of sign, path \(--json/m);
  });

  it('is told when an answer belongs to another question', async () => {
    const swapping = script(`
      import { spawn } from 'node:child_process';
      import { createInterface } from 'node:readline';
      const child = spawn(${JSON.stringify(process.execPath)}, [${JSON.stringify(path('./ports/port.mjs'))}]);
      process.stdin.pipe(child.stdin);
      let held;
      for await (const line of createInterface({ input: child.stdout })) {
        if (held === undefined) held = line;
        else { console.log(line); console.log(held); held = undefined; }
      }
      if (held !== undefined) console.log(held);`);
    const { status, report: found } = await report(swapping, '--stage', 'path', '--task', 'sign');
    expect(status).toBe(1);
    expect(found.findings[0]?.cause).toMatch(
      /; it is what “path: .*” has to give: are the answers in order\?/,
    );
  });
});

describe('a command that does not do its part', () => {
  const answers = (text: string): string =>
    script(`
      import { createInterface } from 'node:readline';
      let count = 0;
      for await (const line of createInterface({ input: process.stdin })) {
        const question = JSON.parse(line);
        count++;
        ${text}
      }`);

  it.each([
    ['does not exist', './no-such-command', /not found/],
    ['ends at once', 'exit 3', /ended with status 3 after 0 of \d+ answers, before it answered “/],
    ['ends quietly', 'true', /ended with status 0 after 0 of/],
    ['is killed', 'kill -9 $$', /ended by SIGKILL after 0 of/],
    ['ends early', answers("if (count > 3) process.exit(4); console.log('{}')"), /status 4 after 3 of/],
    ['prints text', 'echo Hello', /line 1 of its output, .* is no JSON object: "Hello"/],
    ['prints an array', answers("console.log('[]')"), /is no JSON object: "\[\]"/],
    ['prints a number', answers('console.log(count)'), /is no JSON object: "1"/],
    ['prints a blank line', 'echo', /is no JSON object: ""/],
    ['prints no text', "printf '\\377\\376\\n'", /is no JSON object/],
    [
      'answers the wrong question',
      answers('console.log(JSON.stringify({ name: "another" }))'),
      /in the order/,
    ],
    [
      'answers the wrong task',
      answers('console.log(JSON.stringify({ task: "open-verdict" }))'),
      /in the order/,
    ],
    ['never ends a line', "yes | tr -d '\\n'", /longer than 1,000,000 characters/],
    ['writes a line too long', answers('console.log(JSON.stringify({ a: "x".repeat(1e6) }))'), /longer than/],
    ['fails behind its answers', `${PORT}; exit 7`, /ended with status 7 after its last answer/],
    ['writes more than asked', `${PORT}; echo '{}'`, /more lines than it was asked: "\{\}"/],
  ])('is told so: it %s', async (_what, command, failure) => {
    const { status, report: found } = await report(command, '--stage', 'body', '--timeout', '20');
    expect(found.failure).toMatch(failure);
    expect(found.conformant).toBe(false);
    expect(status).toBe(1);
  });

  it.each([
    ['answers nothing', 'sleep 60', /no answer to “.*” \(sign\) within 0.5 s, after 0 of/],
    ['stops answering', "echo '{}'; sleep 60", /no answer to “.*” \(verify\) within 0.5 s, after 1 of/],
    ['does not end', `${PORT}; sleep 60`, /did not end within 0.5 s of its last answer/],
  ])('is not waited for longer than it was given: it %s', async (_what, command, failure) => {
    // Long enough for what has to happen before, also on a busy machine.
    const timeout = command.startsWith(PORT) ? '8' : '2';
    const started = Date.now();
    const { status, report: found } = await report(command, '--stage', 'body', '--timeout', timeout);
    expect(found.failure).toMatch(new RegExp(failure.source.replace('0.5', timeout)));
    expect(status).toBe(1);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it('is ended with all that it started', async () => {
    const mark = join(folder, 'still-running');
    const { report: found } = await report(`(sleep 3; touch '${mark}') & sleep 60`, '--timeout', '0.3');
    expect(found.failure).toMatch(/no answer/);
    await sleep(3500);
    expect(existsSync(mark)).toBe(false);
  });

  it('is ended when whoever started it interrupts', async () => {
    const mark = join(folder, 'started');
    const late = join(folder, 'late');
    const running = new AbortController();
    const command = `echo x > '${mark}'; sleep 3; echo x > '${late}'; sleep 60`;
    const ended = runCli(['vectors', '--run', command], { signal: running.signal });
    while (!existsSync(mark)) await sleep(20);
    running.abort();
    const { status, stdout } = await ended;
    expect(status).toBe(130);
    expect(stdout).toContain('interrupted after 0 of');
    await sleep(3200);
    expect(existsSync(late)).toBe(false);
  });

  it('has its standard error shown, each line with a prefix', async () => {
    const { stderr } = await report("echo 'first' >&2; printf 'second' >&2; exit 1", '--stage', 'body');
    expect(stderr).toBe('stderr: first\nstderr: second\n');
    const loud = await report('for i in $(seq 500); do echo "$i" >&2; done', '--stage', 'body');
    expect(loud.stderr.trimEnd().split('\n')).toHaveLength(101);
    expect(loud.stderr).toContain('stderr: … and 400 lines more\n');
  });
});

describe('the conversation', () => {
  it('has no deadlock, whichever side is read first: a command that reads all before it writes', async () => {
    const greedy = script(`
      import { spawnSync } from 'node:child_process';
      import { readFileSync } from 'node:fs';
      const input = readFileSync(0);
      const child = spawnSync(${JSON.stringify(process.execPath)}, [${JSON.stringify(path('./ports/port.mjs'))}], { input, maxBuffer: 1e8 });
      process.stdout.write(child.stdout);`);
    expect((await report(greedy)).status).toBe(0);
  });

  it('has no deadlock: a command that writes much before it reads', async () => {
    const { status, stderr } = await runHere([
      'vectors',
      '--stage',
      'body',
      '--run',
      `head -c 3000000 /dev/zero | tr '\\0' 'x' | fold >&2; ${PORT}`,
    ]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/lines more\n$/);
  });

  it('starts the command once, as the shell reads it', async () => {
    const log = join(folder, 'starts');
    const { status } = await report(`echo started >> '${log}' && A='a b' ${PORT}`, '--stage', 'body');
    expect(status).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe('started\n');
  });

  it('takes lines that end as on Windows, and a last line without an end', async () => {
    expect((await report(`${PORT} | sed 's/$/\\r/'`, '--stage', 'body')).status).toBe(0);
    expect((await report(`${PORT} | head -c -1`, '--stage', 'body')).status).toBe(0);
  });

  it('gives away nothing of what the answer should be', async () => {
    const file = join(folder, 'asked');
    await report(`tee '${file}'`);
    const asked = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const hidden = ['canonical', 'signature', 'authorization', 'refused', 'detail', 'text'];
    for (const question of asked) {
      expect(Object.keys(question)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(`^(${hidden.join('|')})$`)]),
      );
    }
    const verify = asked.filter(({ task }) => task === 'verify');
    const members = new Set(verify.flatMap((question) => Object.keys(question)));
    expect([...members].sort()).toEqual(
      ['accept', 'header', 'headers', 'method', 'name', 'requireSigned', 'secret', 'target', 'task'].sort(),
    );
  });
});
