import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHorizonFile } from '../../src/memory/horizon-file.js';
import { openHorizonFile as openWithoutNode } from '../../src/memory/no-horizon-file.js';

const HOLDER = fileURLToPath(new URL('fixtures/holding-process.mjs', import.meta.url));

let directory = '';
let path = '';
let child: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  path = join(directory, 'horizon');
});

afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
  rmSync(directory, { recursive: true });
});

async function holdElsewhere(): Promise<ChildProcess> {
  child = spawn(process.execPath, [HOLDER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

async function writeMarks(...marks: number[]): Promise<void> {
  const file = openHorizonFile(path);
  for (const mark of marks) await file.write(mark);
  file.close();
}

describe('the horizon file', () => {
  it('is made where it is missing, for its owner only', () => {
    const file = openHorizonFile(path);
    expect([file.intact, file.marks]).toEqual([false, []]);
    expect(statSync(path).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600);
    file.close();
  });

  it('keeps the last two marks, over any number of openings', async () => {
    await writeMarks(1_000);
    expect(openAndClose()).toEqual({ intact: false, marks: [1_000] });
    await writeMarks(2_000);
    expect(openAndClose()).toEqual({ intact: true, marks: [1_000, 2_000] });
    await writeMarks(3_000, 4_000, 5_000);
    expect(openAndClose()).toEqual({ intact: true, marks: [5_000, 4_000] });
    expect(
      readFileSync(path, 'latin1')
        .split('\n')
        .map((line) => line.trimEnd().length),
    ).toEqual([139, 139, 0]);
  });

  it('overwrites the damaged record first, so that the other one stays', async () => {
    await writeMarks(1_000, 2_000, 3_000);
    for (const place of [0, 1]) {
      const contents = readFileSync(path);
      contents[place * 512 + 60] = 0;
      writeFileSync(path, contents);
      const file = openHorizonFile(path);
      const [whole = 0] = file.marks;
      expect([file.intact, file.marks.length]).toEqual([false, 1]);
      await file.write(whole + 10);
      file.close();
      expect(openAndClose()).toMatchObject({ intact: true });
      expect([...openAndClose().marks].sort()).toEqual([whole, whole + 10].sort());
    }
  });

  it('cannot be held twice in one process', () => {
    const file = openHorizonFile(path);
    expect(() => openHorizonFile(path)).toThrow(
      /^horizonFile: .* is held by another store\. Give each process/,
    );
    file.close();
    openHorizonFile(path).close();
  });

  it('cannot be held by two processes, and is free at once when its holder is killed', async () => {
    const holder = await holdElsewhere();
    expect(() => openHorizonFile(path)).toThrow(TypeError);
    expect(() => openHorizonFile(path)).toThrow(/held by another/);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    openHorizonFile(path).close();
  });

  it('is not kept by a child that outlives its holder', async () => {
    const file = openHorizonFile(path);
    child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout !== null) await once(child.stdout, 'data');
    file.close();
    openHorizonFile(path).close();
  });

  it.each([
    ['in a directory that is missing', () => join(directory, 'missing', 'horizon')],
    ['that is a directory', () => directory],
  ])('names the option for a path %s', (_, pathOf) => {
    expect(() => openHorizonFile(pathOf())).toThrow(TypeError);
    expect(() => openHorizonFile(pathOf())).toThrow(/^horizonFile: cannot open .* for writing: /);
  });

  it.runIf(process.platform === 'linux')('says what to install where the command flock is missing', () => {
    const { PATH } = process.env;
    Object.assign(process.env, { PATH: directory });
    try {
      expect(() => openHorizonFile(path)).toThrow(
        /^horizonFile: cannot lock .* ENOENT.*util-linux, or busybox/,
      );
    } finally {
      Object.assign(process.env, { PATH });
    }
    openHorizonFile(path).close();
  });

  it.runIf(process.platform === 'linux')(
    'reports a disk that is full and counts nothing as written',
    async () => {
      const file = openHorizonFile('/dev/full');
      await expect(file.write(1_000)).rejects.toThrow('ENOSPC');
      file.close();
    },
  );

  it('is refused where there is no Node', () => {
    expect(() => openWithoutNode('a')).toThrow(
      new TypeError('horizonFile: cannot use a: this runtime is not Node and has no locked files'),
    );
  });
});

function openAndClose(): { intact: boolean; marks: readonly number[] } {
  const { intact, marks, close } = openHorizonFile(path);
  close();
  return { intact, marks };
}
