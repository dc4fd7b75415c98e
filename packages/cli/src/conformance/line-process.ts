/**
 * A command that is given lines and answers with lines. It is written to and read from at the same time, so that neither
 * side's buffers can hold the other up; what the lines say is not looked at.
 */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** How a conversation ended. */
export type Ending =
  | { readonly how: 'exited'; readonly status: number | null; readonly signal: string | null }
  /** The listener had heard enough. */
  | { readonly how: 'stopped' }
  | { readonly how: 'silent' }
  | { readonly how: 'long-line' }
  | { readonly how: 'interrupted' };

interface Conversation {
  /** For the shell. */
  readonly command: string;
  readonly input: readonly string[];
  /** How long to wait for the next line, or for the end. */
  readonly timeoutMs: number;
  readonly maxLineCharacters: number;
  /** A line of standard output, without its end; `false` ends the conversation. */
  readonly onLine: (line: string) => boolean;
  /** A line of standard error. */
  readonly onErrorLine: (line: string) => void;
}

/** Rejects when there is no shell to run it. */
export function converse(conversation: Conversation): Promise<Ending> {
  const { command, input, timeoutMs, maxLineCharacters, onLine, onErrorLine } = conversation;
  return new Promise((resolve, reject) => {
    const interrupt = (): void => finish({ how: 'interrupted' });
    // Before the command starts: it must not outlive an interrupt that comes at once.
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    // A group of its own, so that what the shell starts ends with the shell.
    const child = spawn(command, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: 'pipe',
      env: withoutKey(process.env),
    });
    const timer = setTimeout(() => finish({ how: 'silent' }), timeoutMs);
    const cleanUp = (): void => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    };
    const finish = (ending: Ending): void => {
      cleanUp();
      if (ending.how !== 'exited') {
        killGroup(child.pid);
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      }
      resolve(ending);
    };

    const takeLine = (line: string): boolean => {
      if (line.length > maxLineCharacters) finish({ how: 'long-line' });
      else if (onLine(line)) return true;
      else finish({ how: 'stopped' });
      return false;
    };
    const lines = lineCutter(takeLine);
    child.stdout.on('data', (chunk: Buffer) => {
      if (lines.push(chunk)) timer.refresh();
      if (lines.held() > maxLineCharacters) finish({ how: 'long-line' });
    });
    const errorLines = lineCutter((line) => {
      onErrorLine(line);
      return true;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errorLines.push(chunk);
      if (errorLines.held() > maxLineCharacters) errorLines.end();
    });
    child.on('error', (error) => {
      cleanUp();
      reject(error);
    });
    child.on('close', (status, signal) => {
      errorLines.end();
      if (lines.end()) finish({ how: 'exited', status, signal });
    });
    // A command that ends before it has read everything breaks the pipe: told by its end.
    child.stdin.on('error', () => undefined);
    Readable.from(input.map((line) => `${line}\n`)).pipe(child.stdin);
  });
}

interface LineCutter {
  /** Whether a line ended in it. */
  readonly push: (chunk: Buffer) => boolean;
  /** Gives out what is held; `false` when it was not wanted. */
  readonly end: () => boolean;
  /** How many characters wait for the end of their line. */
  readonly held: () => number;
}

function lineCutter(onLine: (line: string) => boolean): LineCutter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let wanted = true;
  return {
    push: (chunk) => {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) wanted &&= onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
      return lines.length > 0;
    },
    end: () => {
      const last = rest + decoder.end();
      rest = '';
      if (last !== '') wanted &&= onLine(last);
      return wanted;
    },
    held: () => rest.length,
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** The vectors bring their keys along; ours is none of the port's business. */
function withoutKey({
  COUNTERSIGN_SECRET,
  COUNTERSIGN_KEY_ID,
  ...rest
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest;
}
