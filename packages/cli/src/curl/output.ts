/** Where an answer goes: standard output or a file, byte for byte. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Terminal } from '../terminal/terminal.js';
import { UsageError } from '../terminal/usage-error.js';
import type { CurlFlags } from './flags.js';

/** Nothing can be written there. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

export interface Output {
  readonly isFile: boolean;
  /** Opens the file where there is none yet. False when nobody reads on; rejects with an OutputError. */
  readonly write: (bytes: Uint8Array) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** @throws UsageError for flags that name no file, or two */
export function openOutput(flags: CurlFlags, url: URL, { writePart }: Terminal): Output {
  const path = outputPath(flags, url);
  if (path === undefined || path === '-') {
    return {
      isFile: false,
      write: (bytes) => orOutputError(() => writePart(bytes)),
      close: async () => undefined,
    };
  }
  let file: FileHandle | undefined;
  return {
    isFile: true,
    write: (bytes) =>
      orOutputError(async () => {
        file ??= await open(path, 'w');
        await file.writeFile(bytes);
        return true;
      }),
    close: async () => file?.close(),
  };
}

function outputPath({ output, remoteName }: CurlFlags, url: URL): string | undefined {
  if (!remoteName) return output;
  if (output !== undefined) throw new UsageError('-o and -O both name the file: choose one');
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  if (name === '') throw new UsageError('-O: the URL has no last segment to name the file by: use -o');
  return name;
}

async function orOutputError(attempt: () => Promise<boolean>): Promise<boolean> {
  try {
    return await attempt();
  } catch (error) {
    throw new OutputError(
      `cannot write the answer: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
