/** The terminal of this process. */
import { createInterface } from 'node:readline/promises';
import type { Terminal } from './terminal.js';

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Whoever reads may have seen enough, as `head` has: that is no fault.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      if (stream === stdout) stderr.write(`countersign: cannot write the output: ${error.message}\n`);
      process.exit(1);
    });
  }
  const interactive = stdin.isTTY === true && stderr.isTTY === true;
  return {
    write: (text) => void stdout.write(text),
    writeBytes: (bytes) =>
      new Promise((resolve, reject) => {
        stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    writeError: (text) => void stderr.write(text),
    colour: stdout.isTTY === true && !env['NO_COLOR'],
    errorColour: stderr.isTTY === true && !env['NO_COLOR'],
    interactive,
    environment: env,
    readInput: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    },
    confirm: async (question) => {
      if (!interactive) return false;
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
      } finally {
        lines.close();
      }
    },
  };
}
