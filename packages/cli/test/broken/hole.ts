/** What a hole is: one part of a verifier that is wrong, what it stands for, and what a probe has to say of it. */
import type { Break } from './service.js';

export interface Hole {
  readonly name: string;
  /** What is wrong, in words. */
  readonly wrong: string;
  /** The id of the attack catalogue's line that it stands for. */
  readonly line: string;
  readonly break: Break;
  /** For how long a signature is good; default 300 000. */
  readonly pastMs?: number;
  /** For how many seconds replays are held back; default 1. */
  readonly waitS?: number;
  /** The ids of the attacks that get through: these, and no others. */
  readonly opens: readonly string[];
  /**
   * The ids of those that may get through too: it depends on where in a window they are tried, and on how much of what an
   * attack before them was given still counts.
   */
  readonly mayOpen?: readonly string[];
}
