import { collectFields, sha256Hex } from '@countersign/canonical';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  announcesBody,
  type BodyLimits,
  BodyRefusedError,
  type BodySource,
  checkAnnouncedLength,
  checkBody,
  readBody,
  streamBody,
} from '../../src/steps/body.js';

const LIMITS: BodyLimits = { maxBodyBytes: 8, bodyTimeoutMs: 1000 };
const text = (bytes: string) => new TextEncoder().encode(bytes);
const fields = (lines: Record<string, string>) => collectFields(Object.entries(lines));
const MISMATCH = {
  refused: 'digest-mismatch',
  reason: 'the SHA-256 of the body differs from the signed digest',
};
const TOO_LARGE = { refused: 'body-too-large', reason: 'the body has more than 8 bytes' };
const TOO_SLOW = { refused: 'body-timeout', reason: 'no end of the body within 1000 ms' };

/** A source of these pieces; an error among them is thrown. It tells whether it was given up. */
function source(
  ...pieces: (string | Error | Promise<never>)[]
): BodySource & { readonly left: () => boolean } {
  let at = 0;
  let left = false;
  return {
    left: () => left,
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const piece = pieces[at++];
        if (piece instanceof Error) throw piece;
        if (piece instanceof Promise) return piece;
        return piece === undefined ? { done: true, value: undefined } : { done: false, value: text(piece) };
      },
      return: async () => {
        left = true;
        return { done: true, value: undefined };
      },
    }),
  };
}
const never = () => new Promise<never>(() => {});

function fakeTime() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe('the announced length', () => {
  it.each([
    [{}, undefined],
    [{ 'content-length': '0' }, undefined],
    [{ 'content-length': '8' }, undefined],
    [{ 'content-length': '9' }, TOO_LARGE],
    [{ 'content-length': '1e9' }, TOO_LARGE],
    [{ 'content-length': 'x' }, undefined],
  ])('of %j gives %j', (lines, refused) => {
    expect(checkAnnouncedLength(fields(lines as Record<string, string>), LIMITS)).toEqual(refused);
  });

  it.each([
    [{}, false],
    [{ 'content-length': '0' }, false],
    [{ 'content-length': '1' }, true],
    [{ 'transfer-encoding': 'chunked' }, true],
    [{ 'transfer-encoding': 'chunked', 'content-length': '0' }, true],
  ])('of %j: a body is to come: %j', (lines, announced) => {
    expect(announcesBody(fields(lines as Record<string, string>))).toBe(announced);
  });
});

describe('a body that is there', () => {
  it('is right when its SHA-256 is the signed one, as bytes or as text', () => {
    for (const body of ['', 'é', '12345678']) {
      expect(checkBody(body, sha256Hex(body), LIMITS)).toBeUndefined();
      expect(checkBody(text(body), sha256Hex(body), LIMITS)).toBeUndefined();
    }
  });

  it('is wrong when it differs, and too large before it is hashed', () => {
    expect(checkBody('a', sha256Hex('b'), LIMITS)).toEqual(MISMATCH);
    expect(checkBody('123456789', sha256Hex('123456789'), LIMITS)).toEqual(TOO_LARGE);
    // Bytes count, not characters.
    expect(checkBody('ééééé', sha256Hex('ééééé'), LIMITS)).toEqual(TOO_LARGE);
  });
});

describe('a body that is read', () => {
  const read = async (from: BodySource, body: string) => readBody(from, sha256Hex(body), LIMITS);

  it('is put together from its pieces', async () => {
    expect(await read(source(), '')).toEqual(text(''));
    expect(await read(source('abc'), 'abc')).toEqual(text('abc'));
    expect(await read(source('a', '', 'bcd', 'e'), 'abcde')).toEqual(text('abcde'));
    expect(await read(source('ab'), 'abc')).toEqual(MISMATCH);
  });

  it('is one piece, not a copy of it', async () => {
    const piece = text('abc');
    const one: BodySource = {
      [Symbol.asyncIterator]: async function* () {
        yield piece;
      },
    };
    expect(await read(one, 'abc')).toBe(piece);
  });

  it('is given up at the first piece too many', async () => {
    const endless = source('1234', '5678', '9', 'never read');
    expect(await read(endless, '')).toEqual(TOO_LARGE);
    expect(endless.left()).toBe(true);
    const whole = source('1234', '5678');
    expect(await read(whole, '12345678')).toEqual(text('12345678'));
    expect(whole.left()).toBe(false);
  });

  it('is given up also where its source cannot be told', async () => {
    const { [Symbol.asyncIterator]: iterate } = source('123456789');
    const deaf: BodySource = { [Symbol.asyncIterator]: () => ({ next: iterate().next }) };
    expect(await read(deaf, '')).toEqual(TOO_LARGE);
  });

  it('ends early where its source fails', async () => {
    expect(await read(source('a', new Error('reset')), 'a')).toEqual({
      refused: 'digest-mismatch',
      reason: 'the body ended early: Error: reset',
    });
  });

  it('is given up when its time is over, not a millisecond before', async () => {
    fakeTime();
    const slow = source('a', never());
    let answer: unknown;
    void read(slow, 'a').then((result) => {
      answer = result;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect([answer, slow.left()]).toEqual([undefined, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([answer, slow.left()]).toEqual([TOO_SLOW, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind, however it ends', async () => {
    fakeTime();
    for (const from of [source('a'), source('123456789'), source(new Error('reset'))]) await read(from, 'a');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is taken whole where it is there whole, at once or later', async () => {
    const digest = sha256Hex('abc');
    const pieces = source('never read');
    const whole = (given: () => Uint8Array | Promise<Uint8Array>) =>
      readBody({ ...pieces, whole: given }, digest, LIMITS);
    expect(whole(() => text('abc'))).toEqual(text('abc'));
    expect(whole(() => text('abd'))).toEqual(MISMATCH);
    expect(await whole(async () => text('abc'))).toEqual(text('abc'));
    expect(await whole(() => Promise.reject(new Error('cut')))).toEqual({
      refused: 'digest-mismatch',
      reason: 'the body ended early: Error: cut',
    });
    const broken = () => {
      throw new BodyRefusedError({ refused: 'body-too-large', reason: 'told before' });
    };
    expect(whole(broken)).toEqual({ refused: 'body-too-large', reason: 'told before' });
    expect(await readBody({ ...source('abc'), whole: () => undefined }, digest, LIMITS)).toEqual(text('abc'));
  });
});

describe('a body that is streamed', () => {
  const stream = (from: BodySource, body: string) => streamBody(from, sha256Hex(body), LIMITS);
  const collect = async (body: AsyncIterable<Uint8Array>) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };

  it('is verified at its end, and leaves no timer', async () => {
    fakeTime();
    const { body, verified } = stream(source('ab', 'c'), 'abc');
    expect(await collect(body)).toBe('abc');
    await expect(verified).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['another body', source('ab'), MISMATCH],
    ['a body too large', source('1234', '56789'), TOO_LARGE],
    [
      'a body that ends early',
      source('a', new Error('reset')),
      { refused: 'digest-mismatch', reason: 'the body ended early: Error: reset' },
    ],
  ])('tells reader and waiter of %s', async (_, from, { refused, reason }) => {
    const { body, verified } = stream(from, 'abc');
    const error = { name: 'BodyRefusedError', code: refused, message: reason };
    await expect(collect(body)).rejects.toMatchObject(error);
    await expect(verified).rejects.toMatchObject(error);
    await expect(verified).rejects.toBeInstanceOf(BodyRefusedError);
  });

  it('is not verified when the reader stops before its end', async () => {
    const from = source('a', 'b');
    const { body, verified } = stream(from, 'ab');
    for await (const _ of body) break;
    await expect(verified).rejects.toMatchObject({
      code: 'digest-mismatch',
      message: 'the handler stopped reading before the end',
    });
    expect(from.left()).toBe(true);
  });

  it('is given up when its time is over, read or unread', async () => {
    fakeTime();
    const unread = stream(source('a'), 'a');
    const slow = source('a', never());
    const reading = stream(slow, 'a');
    const read = collect(reading.body).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    for (const failed of [unread.verified, reading.verified]) {
      await expect(failed).rejects.toMatchObject({ code: TOO_SLOW.refused, message: TOO_SLOW.reason });
    }
    expect(await read).toMatchObject({ code: TOO_SLOW.refused });
    expect(slow.left()).toBe(true);
  });
});
