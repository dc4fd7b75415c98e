/** A line on standard error for what takes over a second. It is wiped when the work is done, and absent in pipes. */
import type { Terminal } from './terminal.js';

interface Progress {
  /** Says how far it is. */
  readonly report: (text: string) => void;
  /** Wipes the line. */
  readonly end: () => void;
}

const SHOWN_AFTER_MS = 1_000;
const WIPE = '\r\u001b[K';

/** Where nobody sits at standard error, one line is written when it starts to take long, and no more. */
export function startProgress(
  { writeError, interactive }: Pick<Terminal, 'writeError' | 'interactive'>,
  label: string,
  now: () => number = Date.now,
): Progress {
  const startedMs = now();
  let shown = false;
  return {
    report: (text) => {
      if (now() - startedMs < SHOWN_AFTER_MS) return;
      if (interactive) writeError(`${WIPE}${label}: ${text}`);
      else if (!shown) writeError(`${label}: ${text}\n`);
      shown = true;
    },
    end: () => {
      if (shown && interactive) writeError(WIPE);
    },
  };
}
