/** What a command is to the command line: how it is made, and how its process ends. */
import type { Command } from 'commander';
import type { Terminal } from './terminal/terminal.js';

/** How a process ends; `unread`: nobody reads what it writes (what a shell makes of SIGPIPE). */
export const EXIT = { ok: 0, found: 1, usage: 2, interrupted: 130, unread: 141 } as const;
/** One of `EXIT`, or one that the command documents: `curl` ends as curl does. */
export type ExitStatus = number;

/** A command, given what it uses of the world. Its action may throw; `finish` says with which status the process ends. */
export type MakeCommand = (terminal: Terminal, finish: (status: ExitStatus) => void) => Command;
