/** The terminal of this process. */
import { createInterface } from 'node:readline/promises';
import { EXIT } from '../command.js';
import type { Terminal } from './terminal.js';

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  // Each write tells for itself that it has failed.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const orEnd = (error?: NodeJS.ErrnoException | null): void => {
    if (error?.code === 'EPIPE') process.exit(EXIT.unread);
    if (!error) return;
    stderr.write(`countersign: cannot write the output: ${error.message}\n`);
    process.exit(EXIT.found);
  };
  const interactive = stdin.isTTY === true && stderr.isTTY === true;
  return {
    write: (text) => void stdout.write(text, orEnd),
    writePart: (part) =>
      new Promise((resolve, reject) => {
        stdout.write(part, (error?: NodeJS.ErrnoException | null) => {
          if (error && error.code !== 'EPIPE') reject(error);
          else resolve(!error);
        });
      }),
    writeError: (text) => void stderr.write(text, orEnd),
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
      lines.on('SIGINT', () => {
        stderr.write('\n');
        process.exit(EXIT.interrupted);
      });
      try {
        // Ctrl-D rejects.
        const answer = await lines.question(`${question} [y/N] `).catch(() => '');
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        lines.close();
      }
    },
  };
}
