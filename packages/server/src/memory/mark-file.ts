/**
 * What a high-water mark needs of a file. Each mark is a promise that nothing signed after it has been admitted.
 */
export interface MarkFile {
  /** For messages. */
  readonly path: string;
  /** Whether it was there, whole and undamaged, when it was opened. */
  readonly intact: boolean;
  /** The marks of the records that were whole when it was opened. */
  readonly marks: readonly number[];
  /** Writes a mark over the older of the two records; it is durable when this resolves. One call at a time. */
  readonly write: (markMs: number) => Promise<void>;
  /** Ends the lock. */
  readonly close: () => void;
}
