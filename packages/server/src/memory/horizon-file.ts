/**
 * The file that carries a store's horizon across restarts: opened, locked and read at once, written in the
 * background. It keeps the records in turn and does not know what the marks mean (`high-water-mark.ts`). Node only.
 */
import { closeSync, fdatasync, readSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { openLocked } from './horizon-lock.js';
import { formatRecord, type HorizonRecords, parseRecords, RECORD_BYTES } from './horizon-record.js';
import type { MarkFile } from './mark-file.js';

const writeAt = promisify(write);
const sync = promisify(fdatasync);

/** @throws TypeError naming `horizonFile` when the file cannot be opened, locked or read */
export function openHorizonFile(path: string): MarkFile {
  const fd = openLocked(path);
  const { records, intact } = readRecords(path, fd);
  // The older record, or a damaged one. One whose write failed is written again, so the other stays whole.
  let sequence = records.reduce((next, record) => Math.max(next, record.sequence + 1), 0);

  return {
    path,
    intact,
    marks: records.map(({ markMs }) => markMs),
    write: async (markMs) => {
      const bytes = Buffer.from(formatRecord({ sequence, markMs }), 'latin1');
      const { bytesWritten } = await writeAt(fd, bytes, 0, RECORD_BYTES, (sequence % 2) * RECORD_BYTES);
      if (bytesWritten !== RECORD_BYTES) throw new Error(`wrote ${bytesWritten} of ${RECORD_BYTES} bytes`);
      await sync(fd);
      sequence += 1;
    },
    close: () => closeSync(fd),
  };
}

function readRecords(path: string, fd: number): HorizonRecords {
  const buffer = Buffer.alloc(2 * RECORD_BYTES + 1);
  try {
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    return parseRecords(buffer.toString('latin1', 0, length));
  } catch (cause) {
    closeSync(fd);
    throw new TypeError(`horizonFile: cannot read ${path}: ${String(cause)}`, { cause });
  }
}
