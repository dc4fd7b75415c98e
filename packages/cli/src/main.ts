#!/usr/bin/env node
/** The command `countersign`. */
import { runProgram } from './program.js';
import { processTerminal } from './terminal/process-terminal.js';

process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
