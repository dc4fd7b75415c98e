/**
 * Scripts on the wire: a call as one buffer, and what came back as numbers and texts. ioredis would make a piece of each
 * argument and join them, which took a quarter of this process's time for an admission.
 */
import { Command } from 'ioredis';
import { REPLY } from '../script/bucket.js';
import type { Script } from '../scripts.js';

export type Argument = string | number | Buffer;

/** What a script answered: its code, the server's time in Unix milliseconds, and what else it says. */
export type Reply = readonly [code: number, nowMs: number, ...rest: unknown[]];

const ASCII = /^[\0-\x7f]*$/;
const DOUBLE_BYTES = 8;

/**
 * A command that runs a script on one key. It goes with an empty list of arguments, for ioredis has nothing to do with them.
 *
 * @param name by its hash, or with its text where the server does not have it
 */
export function scriptCommand(
  name: 'evalsha' | 'eval',
  { sha, text }: Script,
  key: string,
  identity: string,
  args: readonly Argument[],
): Command {
  let bytes = `*${args.length + 5}\r\n${bulk(name)}${bulk(name === 'eval' ? text : sha)}${bulk('1')}${bulk(key)}${bulk(identity)}`;
  for (const arg of args) bytes += bulk(arg);
  const command = new Command(name, [], { replyEncoding: null });
  command.toWritable = () => Buffer.from(bytes, 'latin1');
  return command;
}

/** An argument, each byte as one character. */
function bulk(arg: Argument): string {
  const text = typeof arg === 'object' ? arg.toString('latin1') : binary(String(arg));
  return `$${text.length}\r\n${text}\r\n`;
}

function binary(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text).toString('latin1');
}

/** An answer as the scripts give it: a list, or, where it was admitted, the numbers that follow its code in one piece. */
export function readReply(answer: unknown): Reply | undefined {
  if (answer instanceof Buffer && answer.length >= 2 * DOUBLE_BYTES) {
    const reply: [number, number, ...number[]] = [REPLY.admitted, answer.readDoubleLE(0)];
    for (let at = DOUBLE_BYTES; at < answer.length; at += DOUBLE_BYTES) reply.push(answer.readDoubleLE(at));
    return reply;
  }
  if (!Array.isArray(answer)) return undefined;
  const [code, nowMs, ...rest] = answer.map((part: unknown) =>
    part instanceof Buffer ? String(part) : part,
  );
  return typeof code === 'number' && typeof nowMs === 'number' ? [code, nowMs, ...rest] : undefined;
}
