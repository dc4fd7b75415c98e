/**
 * What a command uses of the world around it. Handed in, so that a command can be run without a process; it decides
 * nothing.
 */

export interface Terminal {
  /** Standard output: what was asked for, fit to be piped on. Without a reader the process ends, and has not succeeded. */
  readonly write: (text: string) => void;
  /**
   * Standard output of which a reader may take as much as it likes, as `head` does. Settles when there is room for more;
   * false when nobody reads on.
   */
  readonly writePart: (part: string | Uint8Array) => Promise<boolean>;
  /** Standard error: progress, warnings, errors. */
  readonly writeError: (text: string) => void;
  /** Whether standard output is a terminal that wants colour. */
  readonly colour: boolean;
  /** Whether standard error is. */
  readonly errorColour: boolean;
  /** Whether somebody sits there: standard input and standard error are terminals. */
  readonly interactive: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Standard input, to its end. */
  readonly readInput: () => Promise<Uint8Array>;
  /** Asks a question that is answered with y or n; false for anything but yes, and where nobody sits there. */
  readonly confirm: (question: string) => Promise<boolean>;
}
