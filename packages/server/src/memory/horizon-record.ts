/**
 * The text of a horizon file: two records of one disk sector each, written in turn, so that a write that is torn
 * leaves the other one whole. Pure: reads and writes no file.
 */
import { sha256Hex } from '@countersign/canonical';

interface HorizonRecord {
  /** Counts the writes; an even one stands first in the file, an odd one second. */
  readonly sequence: number;
  /** Nothing signed after this time has been admitted. Unix time in milliseconds. */
  readonly markMs: number;
}

export const RECORD_BYTES = 512;

const RECORD = /^(countersign-horizon-1 sequence=(\d{15}) mark=(\d{15})) sha256=([0-9a-f]{64}) *\n$/;

/** 512 bytes of ASCII, padded with spaces, the last a line feed. */
export function formatRecord({ sequence, markMs }: HorizonRecord): string {
  const text = `countersign-horizon-1 sequence=${fifteenDigits(sequence)} mark=${fifteenDigits(markMs)}`;
  return `${`${text} sha256=${sha256Hex(text)}`.padEnd(RECORD_BYTES - 1)}\n`;
}

/** What a file holds. */
export interface HorizonRecords {
  /** The records that are whole and in their place. */
  readonly records: readonly HorizonRecord[];
  /** Whether the file is two such records that follow each other, and nothing else. */
  readonly intact: boolean;
}

export function parseRecords(contents: string): HorizonRecords {
  const [even, odd] = [0, 1].map((place) => {
    const record = parseRecord(contents.slice(place * RECORD_BYTES, (place + 1) * RECORD_BYTES));
    return record !== undefined && record.sequence % 2 === place ? record : undefined;
  });
  const follow = even !== undefined && odd !== undefined && Math.abs(even.sequence - odd.sequence) === 1;
  return {
    records: [even, odd].filter((record) => record !== undefined),
    intact: follow && contents.length === 2 * RECORD_BYTES,
  };
}

function parseRecord(line: string): HorizonRecord | undefined {
  const [, text = '', sequence, mark, checksum] = RECORD.exec(line) ?? [];
  if (checksum === undefined || sha256Hex(text) !== checksum) return undefined;
  return { sequence: Number(sequence), markMs: Number(mark) };
}

function fifteenDigits(value: number): string {
  return String(Math.max(0, Math.ceil(value))).padStart(15, '0');
}
