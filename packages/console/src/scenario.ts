/** Something that can be fired at the server which the console watches. The console offers a button for each. */

export interface Scenario {
  /** Stands in the address of its button: 1 to 64 of `a-z 0-9 -`. */
  readonly id: string;
  /** On the button, e.g. `replay a request`. */
  readonly title: string;
  /** What it does and what should come of it, in a sentence. */
  readonly what: string;
  /** Fires it. Gives what came of it in a line; rejects when it could not be carried out. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}
