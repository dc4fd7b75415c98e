/** The suite where it can run without anything being installed, and a harness that no broken check gets past. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInChromium } from '../dist/browser-runtime.js';
import { moduleGraph } from '../dist/module-graph.js';
import { table, withTable } from '../dist/readme-table.js';
import { readReport } from '../dist/report.js';
import { run } from '../dist/run.js';
import { RUNTIMES, type Runtime } from '../dist/runtimes.js';
import { runInProcess } from '../dist/server-runtimes.js';
import { type Outcome, runChecks, throws, toLines } from '../dist/suite/check.js';
import { readVectors } from '../dist/vectors.js';

const root = resolve(import.meta.dirname, '../../..');
const entries = resolve(import.meta.dirname, '../dist/entry');
const place = { root, entries };
const vectors = readVectors();

const thisNode: Runtime = {
  name: 'this-node',
  installs: {},
  run: (where, _, given) => runInProcess(where, [process.execPath], given),
};

async function runThese(runtimes: readonly Runtime[], given = vectors) {
  const said: string[] = [];
  const result = await run(runtimes, {
    place,
    cache: '/nowhere',
    vectors: given,
    say: (text) => said.push(text),
  });
  return { ...result, said };
}

const count = (outcomes: readonly Outcome[], group: string) =>
  outcomes.filter((outcome) => outcome.group === group).length;

describe('the suite', () => {
  it('passes on this Node, and its server stands when it is called', async () => {
    const { rows, ok, said } = await runThese([thisNode]);
    expect(said.filter((line) => line.includes('FAILED'))).toEqual([]);
    expect(ok).toBe(true);
    const { runtime, outcomes } = rows[0]?.report ?? { runtime: '', outcomes: [] };
    expect(runtime).toBe(`Node ${process.versions.node}`);
    expect(count(outcomes, 'canonical')).toBe(vectors.requests.length + vectors.verdicts.length + 7);
    expect(count(outcomes, 'client')).toBeGreaterThanOrEqual(19);
    expect(count(outcomes, 'server')).toBeGreaterThanOrEqual(32);
    expect(new Set(outcomes.map(({ name, group }) => `${group} ${name}`)).size).toBe(outcomes.length);
  });

  it('passes in Chromium, against a server of another origin', async () => {
    const chromium = {
      name: 'chromium',
      installs: {},
      run: (...[where, , given]: Parameters<Runtime['run']>) => runInChromium(where, given),
    };
    const { rows, ok, said } = await runThese([chromium]);
    expect(said.filter((line) => line.includes('FAILED'))).toEqual([]);
    expect(ok).toBe(true);
    const { runtime, outcomes } = rows[0]?.report ?? { runtime: '', outcomes: [] };
    expect(runtime).toMatch(/^Chromium \d+/);
    expect(count(outcomes, 'canonical')).toBe(vectors.requests.length + vectors.verdicts.length + 7);
    expect(count(outcomes, 'client')).toBeGreaterThanOrEqual(19);
    expect(outcomes.flatMap(({ detail }) => detail ?? [])).toEqual(['hashes by @noble/hashes']);
  });

  it('names every runtime once, with exact versions', () => {
    const names = RUNTIMES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { installs } of RUNTIMES) {
      for (const version of Object.values(installs).flatMap((packages) => Object.values(packages))) {
        expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      }
    }
  });
});

describe('what workerd and browsers are given', () => {
  it.each([
    ['on-workerd.js', ['workerd', 'worker', 'browser']],
    ['on-browser.js', ['browser']],
  ])('%s imports nothing of Node, and hashes by @noble/hashes', async (entry, conditions) => {
    const graph = await moduleGraph(root, resolve(entries, entry), conditions);
    const paths = graph.map(({ path }) => path);
    expect(paths).toContain('packages/canonical/dist/hash/noble.js');
    expect(paths).not.toContain('packages/canonical/dist/hash/node.js');
    expect(
      graph.flatMap(({ imports }) => imports).filter(({ specifier }) => /^node:/.test(specifier)),
    ).toEqual([]);
  });

  it('a module of Node would be an error', async () => {
    await expect(moduleGraph(root, resolve(entries, 'on-process.js'), ['workerd'])).rejects.toThrow(
      /node:fs/,
    );
  });
});

describe('a run is red', () => {
  it('when a check fails in a runtime, and it names the check', async () => {
    const [first, ...rest] = vectors.requests;
    if (first === undefined) throw new Error('no vectors');
    const broken = { ...vectors, requests: [{ ...first, signature: '0'.repeat(64) }, ...rest] };
    const { ok, rows, said } = await runThese([thisNode], broken);
    expect(ok).toBe(false);
    const failed = rows[0]?.report.outcomes.filter((outcome) => !outcome.ok);
    expect(failed?.map(({ name }) => name)).toEqual([first.name]);
    expect(said).toContainEqual(expect.stringContaining(`FAILED ${first.name}: Error: the signature is`));
  });

  it('when a runtime ends before its suite, or is not there', async () => {
    const failing = (name: string, file: string, ...args: string[]): Runtime => ({
      ...thisNode,
      name,
      run: (where, _, given) => runInProcess(where, [file, ...args], given),
    });
    const { ok, said } = await runThese([
      failing('ends', process.execPath, '-e', 'console.error("no suite here"); process.exit(3)'),
      failing('missing', '/no/such/runtime'),
    ]);
    expect(ok).toBe(false);
    expect(said[0]).toMatch(/^ends: FAILED Error: it ended with status 3: no suite here/);
    expect(said[1]).toMatch(/^missing: FAILED Error: spawn .* ENOENT/);
  });

  it('when a runtime tells of no check at all', async () => {
    const empty: Runtime = { ...thisNode, run: async () => ({ runtime: 'none', outcomes: [] }) };
    expect((await runThese([empty])).ok).toBe(false);
  });

  it('and ends with status 1, and leaves the README alone; an unknown name ends with 2', async () => {
    const readme = readFileSync(resolve(root, 'README.md'), 'utf8');
    const main = (name: string) =>
      new Promise<{ status: unknown; text: string }>((settle) => {
        // No Chromium is found there.
        const options = { env: { ...process.env, PATH: '' } };
        execFile(
          process.execPath,
          [resolve(entries, '../main.js'), name],
          options,
          (error, stdout, stderr) => {
            settle({ status: error?.code ?? 0, text: stdout + stderr });
          },
        );
      });
    expect(await main('chromium')).toEqual({
      status: 1,
      text: expect.stringContaining('chromium: FAILED Error: none of chromium'),
    });
    expect(await main('netscape')).toEqual({
      status: 2,
      text: expect.stringContaining('no netscape; there are'),
    });
    expect(readFileSync(resolve(root, 'README.md'), 'utf8')).toBe(readme);
  });
});

describe('the protocol', () => {
  const outcome: Outcome = { group: 'client', name: 'a', ok: true };
  const lines = toLines([outcome, { ...outcome, name: 'b', ok: false, detail: 'why' }], 'Node 1');

  it('gives back what was said', () => {
    expect(readReport(lines)).toEqual({
      runtime: 'Node 1',
      outcomes: [outcome, { ...outcome, name: 'b', ok: false, detail: 'why' }],
    });
    expect(readReport(`${lines}{"port":8080}\n`).port).toBe(8080);
  });

  it.each([
    ['nothing', '', 'broke off after 0'],
    ['no end', lines.slice(0, lines.indexOf('{"end"')), 'broke off after 2'],
    ['a lost line', lines.slice(lines.indexOf('\n') + 1), '2 checks ran, and 1 were told of'],
    ['another output', `warning\n${lines}`, 'no line of a suite: warning'],
    ['an outcome without its word', '{"group":"client","name":"a"}\n', 'no outcome'],
    ['an outcome of no group', '{"group":"x","name":"a","ok":true}\n', 'no outcome'],
  ])('refuses %s', (_, text, message) => {
    expect(() => readReport(text)).toThrow(message);
  });

  it('tells a check that throws, rejects, or never ends from one that holds', async () => {
    const check = (run: () => unknown) => ({ group: 'client' as const, name: 'a', run });
    const told = await runChecks([
      check(() => 'a remark'),
      check(() => {
        throw new TypeError('thrown');
      }),
      check(() => Promise.reject(new Error('rejected'))),
      check(() => throws(() => {}, 'TypeError')),
      check(() => throws(() => Promise.reject(new Error('another')), 'TypeError')),
      check(() => throws(() => Promise.reject(new TypeError('this one')), 'TypeError')),
    ]);
    expect(told.map(({ ok, detail }) => [ok, detail])).toEqual([
      [true, 'a remark'],
      [false, 'TypeError: thrown'],
      [false, 'Error: rejected'],
      [false, 'Error: nothing was thrown, and TypeError should be'],
      [false, 'Error: Error: another was thrown, and should be TypeError'],
      [true, undefined],
    ]);
  });
});

describe('the table', () => {
  it('counts by package, and says what failed', () => {
    const outcomes: Outcome[] = [
      { group: 'canonical', name: 'a', ok: true, detail: 'a remark' },
      { group: 'client', name: 'b', ok: true },
      { group: 'client', name: 'c', ok: false, detail: 'why' },
    ];
    const text = table([{ report: { runtime: 'Node 1', outcomes }, note: 'a note' }], '2026-11-22');
    expect(text).toContain('| Node 1 | 1 | **1 of 2** | – | a note; a remark |');
    expect(text).toContain('on 2026-11-22');
  });

  it('stands between its markers, and nowhere else', () => {
    const readme = 'a\n<!-- runtimes -->\nold\n<!-- /runtimes -->\nb\n';
    const renewed = withTable(readme, 'new');
    expect(renewed).toBe('a\n<!-- runtimes -->\nnew\n<!-- /runtimes -->\nb\n');
    expect(withTable(renewed, 'new')).toBe(renewed);
    expect(() => withTable('a\n', 'new')).toThrow('<!-- runtimes -->');
    expect(() => withTable(readFileSync(resolve(root, 'README.md'), 'utf8'), 'new')).not.toThrow();
  });
});
