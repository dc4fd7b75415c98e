/**
 * Step 6: the body, announced length first, up to a limit and a time, and its digest. It reads from a source that the
 * adapter gives; it does not know where the bytes come from or go to.
 */
import { createSha256, type Fields, sha256Hex } from '@countersign/canonical';
import { type Eventually, isPending } from '../eventually.js';
import { type Refusal, type RefusalCode, refusal } from '../refusals.js';
import { shown } from '../shown.js';

/** The bytes of a body in pieces, as transmitted. Throws when the body ends early. */
export interface BodySource extends AsyncIterable<Uint8Array> {
  /** Takes the body when it is there to its last byte; no time is set for that. `undefined`: it has to be read in pieces. */
  readonly whole?: () => Eventually<Uint8Array> | undefined;
}

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** From the first read to the last byte, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/** Why a body that is being streamed was found wrong after its request had been admitted. */
export class BodyRefusedError extends Error {
  /** Always `BodyRefusedError`. */
  override readonly name = 'BodyRefusedError';
  /** `digest-mismatch`, `body-too-large` or `body-timeout`. */
  readonly code: RefusalCode;

  constructor({ refused, reason }: Refusal) {
    super(reason);
    this.code = refused;
  }
}

/** A body that is hashed while it is read. */
export interface VerifiedStream {
  /** Not authenticated until `verified` resolves. */
  readonly body: AsyncGenerator<Uint8Array, void, void>;
  /** Resolves when the whole body was read and is the signed one; rejects with `BodyRefusedError`. */
  readonly verified: Promise<void>;
}

/** Refuses a body by its announced length, before a byte of it is read. */
export function checkAnnouncedLength(fields: Fields, { maxBodyBytes }: BodyLimits): Refusal | undefined {
  const announced = Number(fields.get('content-length')[0] ?? 0);
  return announced > maxBodyBytes ? tooLarge(maxBodyBytes) : undefined;
}

/** Whether the head announces a body that nobody has read yet. */
export function announcesBody(fields: Fields): boolean {
  return fields.has('transfer-encoding') || (fields.get('content-length')[0] ?? '0') !== '0';
}

/** Checks a body that is there as a whole. */
export function checkBody(
  body: Uint8Array | string,
  digest: string,
  { maxBodyBytes }: BodyLimits,
): Refusal | undefined {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  if (bytes.length > maxBodyBytes) return tooLarge(maxBodyBytes);
  return sha256Hex(bytes) === digest ? undefined : mismatch();
}

/** Reads a body to its end and checks it. */
export function readBody(
  source: BodySource,
  digest: string,
  limits: BodyLimits,
): Eventually<Uint8Array | Refusal> {
  const check = (body: Uint8Array): Uint8Array | Refusal => checkBody(body, digest, limits) ?? body;
  try {
    const whole = source.whole?.() ?? readPieces(source, limits);
    return isPending(whole) ? Promise.resolve(whole).then(check, asRefusal) : check(whole);
  } catch (error) {
    return asRefusal(error);
  }
}

async function readPieces(source: BodySource, limits: BodyLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of limited(source, limits)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : concat(chunks);
}

/**
 * Lets a body through while hashing it. `verified` settles when the body was read, when reading was given up, and in
 * any case when the time for it is over: a handler may wait for a body that nobody reads.
 */
export function streamBody(source: BodySource, digest: string, limits: BodyLimits): VerifiedStream {
  const { promise: verified, resolve, reject } = deferred<void>();
  // The reader of the stream sees the same error; an unread promise must not end the process.
  verified.catch(() => {});
  const timer = setTimeout(() => settle(tooSlow(limits)), limits.bodyTimeoutMs);
  const settle = (refused: Refusal | undefined): void => {
    clearTimeout(timer);
    if (refused === undefined) resolve();
    else reject(new BodyRefusedError(refused));
  };
  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    const hash = createSha256();
    let refused: Refusal | undefined = refusal(
      'digest-mismatch',
      'the handler stopped reading before the end',
    );
    try {
      for await (const chunk of limited(source, limits)) {
        hash.update(chunk);
        yield chunk;
      }
      refused = hash.digestHex() === digest ? undefined : mismatch();
    } catch (error) {
      refused = asRefusal(error);
    } finally {
      settle(refused);
    }
    if (refused !== undefined) throw new BodyRefusedError(refused);
  }
  return { body: read(), verified };
}

async function* limited(source: BodySource, limits: BodyLimits): AsyncGenerator<Uint8Array, void, void> {
  const { maxBodyBytes, bodyTimeoutMs } = limits;
  const { promise: expired, reject } = deferred<never>();
  expired.catch(() => {});
  const chunks = source[Symbol.asyncIterator]();
  const timer = setTimeout(() => reject(new BodyRefusedError(tooSlow(limits))), bodyTimeoutMs);
  let bytes = 0;
  let ended = false;
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), expired]);
      if (next.done === true) break;
      bytes += next.value.length;
      if (bytes > maxBodyBytes) throw new BodyRefusedError(tooLarge(maxBodyBytes));
      yield next.value;
    }
    ended = true;
  } finally {
    clearTimeout(timer);
    // Not awaited: a source that hangs must not hold the answer.
    if (!ended) void chunks.return?.().catch(() => {});
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof BodyRefusedError) return refusal(error.code, error.message);
  return refusal('digest-mismatch', `the body ended early: ${shown(error)}`);
}

function tooSlow({ bodyTimeoutMs }: BodyLimits): Refusal {
  return refusal('body-timeout', `no end of the body within ${bodyTimeoutMs} ms`);
}

function tooLarge(maxBodyBytes: number): Refusal {
  return refusal('body-too-large', `the body has more than ${maxBodyBytes} bytes`);
}

function mismatch(): Refusal {
  return refusal('digest-mismatch', 'the SHA-256 of the body differs from the signed digest');
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
