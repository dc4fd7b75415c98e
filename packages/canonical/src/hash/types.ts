/** A SHA-256 in progress, for bodies that are hashed while they are read. One `digestHex` ends it. */
export interface Sha256 {
  /** Adds bytes behind those that were added before. They are copied, or read at once. */
  update(bytes: Uint8Array): void;
  /** 64 lower-case hex digits. */
  digestHex(): string;
}
