/**
 * Opens a file that no other process may hold, by a lock of the kernel: it ends with the process, however that
 * ends, and never has to be cleaned up. Node only.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';

const OWNER_ONLY = 0o600;
const READ_WRITE_CREATE = constants.O_RDWR | constants.O_CREAT;
/** O_EXLOCK of macOS and the BSDs; Node has no name for it. With O_NONBLOCK a held file is an error at once. */
const BSD_EXCLUSIVE = 0x20 | (constants.O_NONBLOCK ?? 0);
/** UV_FS_O_EXLOCK of libuv on Windows: opened without sharing. */
const WINDOWS_EXCLUSIVE = 0x10000000;
const OPEN_EXCLUSIVE: Partial<Record<NodeJS.Platform, number>> = {
  darwin: BSD_EXCLUSIVE,
  freebsd: BSD_EXCLUSIVE,
  openbsd: BSD_EXCLUSIVE,
  netbsd: BSD_EXCLUSIVE,
  win32: WINDOWS_EXCLUSIVE,
};
const HELD_CODES = new Set(['EAGAIN', 'EWOULDBLOCK', 'EBUSY', 'EPERM']);

/**
 * @returns the descriptor; closing it ends the lock
 * @throws TypeError naming `horizonFile` when the file cannot be opened, is held by another, or cannot be locked
 */
export function openLocked(path: string): number {
  const exclusive = OPEN_EXCLUSIVE[process.platform];
  if (exclusive === undefined && process.platform !== 'linux') {
    throw new TypeError(`horizonFile: no way is known to lock a file on ${process.platform}`);
  }
  const fd = open(path, READ_WRITE_CREATE | (exclusive ?? 0));
  if (exclusive === undefined) {
    try {
      lockOnLinux(path, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }
  return fd;
}

function open(path: string, flags: number): number {
  try {
    return openSync(path, flags, OWNER_ONLY);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (process.platform !== 'linux' && HELD_CODES.has(code)) throw held(path);
    throw new TypeError(`horizonFile: cannot open ${path} for writing: ${String(cause)}`, { cause });
  }
}

/** flock(2) locks the open file, which the child shares with us and leaves to us; Node itself has no call for it. */
function lockOnLinux(path: string, fd: number): void {
  const { status, error, stderr } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  if (status === 0) return;
  if (status === 1) throw held(path);
  const reason = error === undefined ? stderr.trim() : error.message;
  throw new TypeError(
    `horizonFile: cannot lock ${path}: ${reason}. It needs the command flock (package util-linux, or busybox) and a file system with locks`,
    { cause: error },
  );
}

function held(path: string): TypeError {
  return new TypeError(`horizonFile: ${path} is held by another store. Give each process a file of its own`);
}
