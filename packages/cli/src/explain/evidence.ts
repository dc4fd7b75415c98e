/**
 * What `explain` was given, and what each input is taken for: a canonical string, a recorded request from which it is
 * computed, or the answer of a server. What fits nothing is a mistake that says what would fit.
 */
import {
  ANY_HOST,
  CanonicalError,
  canonicalize,
  DEBUG_FIELD,
  parseDebug,
  pastedCanonical,
  readRequest,
  requestPolicy,
  sha256Hex,
} from '@countersign/canonical';
import { nodeRequest } from '@countersign/server/adapter';
import { openRecording } from '../recording/open-recording.js';
import { looksRecorded } from '../recording/recorded-text.js';
import { asUsage, UsageError } from '../terminal/usage-error.js';
import { readAnswer, type ServerAnswer } from './server-answer.js';

/** One input of `explain`. */
export interface Evidence {
  /** What it was taken for, in words. */
  readonly takenFor: string;
  /** The canonical string, where there is a whole one. */
  readonly text?: string;
  /** What pasting was taken to have done to the string. It is the difference if a signer did it. */
  readonly undone?: readonly string[];
  /** What the server says, where it is no string. */
  readonly answer?: ServerAnswer;
}

/** How recorded requests are read. */
export interface RequestReading {
  readonly audience?: string | undefined;
  readonly header?: string | undefined;
}

/** The client's side: what was signed. */
export async function clientEvidence(
  place: string,
  given: Uint8Array,
  reading: RequestReading,
): Promise<Evidence> {
  const found = await textEvidence(place, given, reading, 'signed');
  if (found !== undefined) return found;
  if (readAnswer(decoded(given)) !== undefined) {
    throw new UsageError(
      `${place}: this is what a server answered; give what the client signed first, then the answer`,
    );
  }
  throw new UsageError(`${place}: expected a canonical string or a recorded request`);
}

/** The server's side: what arrived, or what was answered. */
export async function serverEvidence(
  place: string,
  given: Uint8Array,
  reading: RequestReading,
): Promise<Evidence> {
  const answer = readAnswer(decoded(given));
  if (answer !== undefined) {
    const member = answer.debug === undefined ? '' : ' with its debug member';
    const takenFor =
      answer.from === 'debug member' ? 'the debug member of an answer' : `a ${answer.from}${member}`;
    return { takenFor, answer };
  }
  const found = await textEvidence(place, given, reading, 'arrived');
  if (found !== undefined) return found;
  throw new UsageError(
    `${place}: expected the server's canonical string, its problem document, its whole answer with it, or the request as it arrived`,
  );
}

async function textEvidence(
  place: string,
  given: Uint8Array,
  reading: RequestReading,
  side: 'signed' | 'arrived',
): Promise<Evidence | undefined> {
  if (given.length === 0) throw new UsageError(`${place}: it is empty`);
  if (looksRecorded(given)) return await recordedEvidence(place, given, reading, side);
  const pasted = pastedCanonical(decoded(given));
  if (pasted === undefined) return undefined;
  const { text, readAs, undone } = pasted;
  return { takenFor: ['a canonical string', ...readAs, ...undone].join('; '), text, undone };
}

async function recordedEvidence(
  place: string,
  given: Uint8Array,
  { audience, header }: RequestReading,
  side: 'signed' | 'arrived',
): Promise<Evidence> {
  const policy = asUsage('options', () =>
    requestPolicy({ audience: audience ?? ANY_HOST, ...(header === undefined ? {} : { header }) }),
  );
  const { incoming, holdsBody, notes } = await openRecording(place, given);
  try {
    const { parts, fields } = readRequest(nodeRequest(incoming, incoming.url ?? '', {}), policy);
    const sent = side === 'signed' ? parseDebug(fields.get(DEBUG_FIELD)[0] ?? '') : undefined;
    if (sent !== undefined) {
      const takenFor = `a recorded request; the canonical string that its ${DEBUG_FIELD} field holds`;
      return { takenFor: [takenFor, ...notes].join('; '), text: sent };
    }
    const from = audience === undefined ? 'its Host or target' : `--audience ${audience}`;
    const takenFor = [
      `a recorded request; the canonical string computed from it, with the audience from ${from}`,
      ...notes,
    ];
    if (
      holdsBody &&
      incoming.complete &&
      sha256Hex(await incoming.toArray().then(Buffer.concat)) !== parts.digest
    ) {
      takenFor.push('its body is not the one whose digest its signature names');
    }
    return { takenFor: takenFor.join('; '), text: canonicalize(parts) };
  } catch (error) {
    if (!(error instanceof CanonicalError)) throw error;
    throw new UsageError(
      `${place}: a recorded request without a canonical string: ${error.code}, ${error.message} (countersign verify says more)`,
    );
  }
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
