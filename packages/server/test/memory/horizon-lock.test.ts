import { chmodSync, closeSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openHorizonFile } from '../../src/memory/horizon-file.js';
import { openLocked } from '../../src/memory/horizon-lock.js';

let directory = '';
let path = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  path = join(directory, 'horizon');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function withPlatform(platform: string): void {
  const { platform: own } = process;
  Object.defineProperty(process, 'platform', { value: platform });
  onTestFinished(() => {
    Object.defineProperty(process, 'platform', { value: own });
  });
}

/** Commands are looked for in the folder of the test alone. */
function withCommandsHere(): void {
  const { PATH } = process.env;
  Object.assign(process.env, { PATH: directory });
  onTestFinished(() => {
    Object.assign(process.env, { PATH });
  });
}

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a lock', () => {
  it('is not to be had where no way is known to lock a file', () => {
    withPlatform('aix');
    expect(() => openLocked(path)).toThrow(
      new TypeError('horizonFile: no way is known to lock a file on aix'),
    );
  });

  it.runIf(process.platform === 'linux')(
    'is part of opening where the system has that, and needs no command',
    () => {
      withPlatform('darwin');
      withCommandsHere();
      closeSync(openLocked(path));
    },
  );

  it('is not said to be held where the file cannot be opened, and the cause is told', () => {
    for (const platform of ['linux', 'darwin', 'win32']) {
      withPlatform(platform);
      const missing = join(directory, 'missing', 'horizon');
      expect(errorOf(() => openLocked(missing))).toMatchObject({
        name: 'TypeError',
        message: expect.stringMatching(/^horizonFile: cannot open .* for writing: Error: ENOENT/),
        cause: { code: 'ENOENT' },
      });
    }
  });

  it.runIf(process.platform === 'linux')('fails with what the command says', () => {
    withCommandsHere();
    writeFileSync(join(directory, 'flock'), '#!/bin/sh\necho "  no locks available " >&2\nexit 71\n');
    chmodSync(join(directory, 'flock'), 0o755);
    expect(() => openLocked(path)).toThrow(
      new TypeError(
        `horizonFile: cannot lock ${path}: no locks available. It needs the command flock (package util-linux, or busybox) and a file system with locks`,
      ),
    );
  });

  it.runIf(process.platform === 'linux')('fails with its cause where there is no such command', () => {
    withCommandsHere();
    expect(errorOf(() => openLocked(path))).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^horizonFile: cannot lock .*: spawnSync flock ENOENT\. It needs/),
      cause: { code: 'ENOENT' },
    });
  });

  it.runIf(process.platform === 'linux')('is let go where the file cannot be read', () => {
    // The memory of this process: opened and locked like a file, but nothing is at 0.
    expect(errorOf(() => openHorizonFile('/proc/self/mem'))).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^horizonFile: cannot read \/proc\/self\/mem: Error: EIO/),
      cause: { code: 'EIO' },
    });
  });
});
