/**
 * What a server says about a request it refused: its problem document, alone or in a recorded answer. It is read
 * leniently, because it is pasted from everywhere, and nothing in it is trusted to be more than text.
 */
import { REFUSALS, type RefusalCode } from '@countersign/server';

/** One line of the debug exchange (spec 8). */
export interface DebugLine {
  readonly line: number;
  readonly client?: string;
  readonly server?: string;
}

/** A refusal as its answer tells it. */
export interface ServerAnswer {
  readonly from: 'problem document' | 'recorded answer' | 'debug member';
  readonly code?: RefusalCode;
  /** The difference that the server tells; `'none'` where it says that both sides have one string. */
  readonly debug?: DebugLine | 'none';
}

type Json = Readonly<Record<string, unknown>>;

/** The line on which an answer begins; `curl -v` marks it. */
const STATUS_LINE = /^(?:< ?)?HTTP\/[\d.]+ \d{3}/m;
const LAST_LINE = 26;

/** Whether there is an answer of a server in this text. */
function looksAnswered(text: string): boolean {
  return STATUS_LINE.test(text);
}

/** The refusal that this text tells, or `undefined`. */
export function readAnswer(text: string): ServerAnswer | undefined {
  const problem = problemIn(text);
  if (problem === undefined) return undefined;
  const from = looksAnswered(text) ? 'recorded answer' : 'problem document';
  const { code, debug } = problem;
  if (typeof code === 'string' && isRefusalCode(code)) {
    const told = isObject(debug) ? readDebug(debug) : undefined;
    return { from, code, ...(told === undefined ? {} : { debug: told }) };
  }
  const told = readDebug(problem);
  return told === undefined ? undefined : { from: 'debug member', debug: told };
}

function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSALS, code);
}

/** The JSON object in the text, whatever stands around it: fields, chunk sizes, the words of curl. */
function problemIn(text: string): Json | undefined {
  const start = text.search(/\{\s*"/);
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return undefined;
  try {
    const read: unknown = JSON.parse(text.slice(start, end + 1));
    return isObject(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function readDebug({ line, client, server, cause }: Json): DebugLine | 'none' | undefined {
  if (line === undefined) return typeof cause === 'string' ? 'none' : undefined;
  if (typeof line !== 'number' || !Number.isInteger(line) || line < 1 || line > LAST_LINE) return undefined;
  const sides = {
    ...(typeof client === 'string' ? { client } : {}),
    ...(typeof server === 'string' ? { server } : {}),
  };
  return 'client' in sides || 'server' in sides ? { line, ...sides } : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
