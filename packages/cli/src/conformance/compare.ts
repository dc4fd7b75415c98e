/** An answer held against what was expected: which members differ, and the likely cause in words. */
import { explainDifference, fixFor, hmacSha256Hex } from '@countersign/canonical';
import type { Question, Task } from './question.js';

export type Answer = Readonly<Record<string, unknown>>;

export interface Finding {
  readonly task: Task;
  readonly stage: string;
  readonly name: string;
  /** Every member that differs; the others of this finding are about the first. */
  readonly members: readonly string[];
  readonly expected?: string;
  /** Absent where the answer had no such member. */
  readonly actual?: string;
  /** Of a canonical string: the first line that differs, counted from 1, and what it holds. */
  readonly line?: number;
  readonly part?: string;
  readonly cause: string;
}

/** What is wrong with an answer; `undefined` when nothing is. */
export function compareAnswer(question: Question, answer: Answer): Finding | undefined {
  const { task, stage, name, expected } = question;
  const finding = { task, stage, name };
  const refusal = compareRefusal(question, answer);
  if (refusal !== undefined) return { ...finding, members: ['refused'], ...refusal };
  const members = Object.keys(expected).filter((member) => answer[member] !== expected[member]);
  const [first] = members;
  if (first === undefined) return undefined;
  const wanted = String(expected[first]);
  const given = answer[first];
  if (given === undefined) {
    return { ...finding, members, expected: wanted, cause: `the answer has no ${first}` };
  }
  if (typeof given !== 'string') {
    return { ...finding, members, expected: wanted, actual: JSON.stringify(given), cause: 'it is no text' };
  }
  if (first === 'canonical') {
    return { ...finding, members, ...lineFinding(wanted, given) };
  }
  const cause = first === 'signature' ? macCause(question, given) : firstCharacter(wanted, given);
  return { ...finding, members, expected: wanted, actual: given, cause };
}

/** The first line that differs between two canonical strings. */
function lineFinding(
  wanted: string,
  given: string,
): Pick<Finding, 'expected' | 'actual' | 'line' | 'part' | 'cause'> {
  const difference = explainDifference(wanted, given);
  if (difference === undefined) return { cause: 'it differs' };
  const { line, part, client, server, cause } = difference;
  return {
    ...(client === undefined ? {} : { expected: client }),
    ...(server === undefined ? {} : { actual: server }),
    line,
    part: part.trim(),
    cause: lineCause(part, cause, fixFor(difference)),
  };
}

/** The cause of a difference, where nothing lies between the two sides: in place of client and server. */
function lineCause(part: string, cause: string, fix: string): string {
  if (/not in canonical form|white space|CR LF|upper case|line feed/.test(cause)) {
    return `${inPlaceOfSides(cause)}: ${fix}`;
  }
  if (part === 'audience') return 'another authority than the one that is addressed';
  if (part === 'method') return 'another method than the one of the request';
  return inPlaceOfSides(cause).replaceAll(' on the way', '');
}

function inPlaceOfSides(cause: string): string {
  return cause.replaceAll('the client', 'the vector').replaceAll('the server', 'the answer');
}

type RefusalFinding = Pick<Finding, 'expected' | 'actual' | 'cause'>;

function compareRefusal({ expected, detail }: Question, answer: Answer): RefusalFinding | undefined {
  const wanted = expected['refused'];
  const given = answer['refused'];
  const why = detail === undefined ? '' : `: ${detail}`;
  if (wanted === given) return undefined;
  if (wanted === undefined) {
    return { actual: String(given), cause: 'it is refused, and is well-formed' };
  }
  if (given === undefined) {
    return {
      expected: String(wanted),
      cause: `it is taken, and has to be refused${wanted === true ? '' : ` as ${wanted}`}${why}`,
    };
  }
  return {
    expected: String(wanted),
    actual: String(given),
    cause: `it is refused, by another code${why}`,
  };
}

/** Both sides MAC the same text, or say so. */
function macCause({ secret, expected }: Question, given: string): string {
  const text = String(expected['canonical'] ?? expected['text']);
  if (given.toLowerCase() === expected['signature']) return 'the hex has to be in lower case';
  const asText = new TextEncoder().encode(secret);
  if (given === hmacSha256Hex(asText, text)) {
    return 'the HMAC key is the text of the secret; it has to be the bytes that cs1s_… decodes to';
  }
  return 'the text is right and its HMAC-SHA256 is not: compare the key bytes, and look for a line feed at the end';
}

function firstCharacter(wanted: string, given: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === given[at]) at++;
  return `from character ${at + 1} on: ${JSON.stringify(wanted.slice(at, at + 24))} is expected, ${JSON.stringify(given.slice(at, at + 24))} was given`;
}
