/**
 * The suite as a process of Node, Bun or Deno: `on-process.js <what is given, a JSON file> <a folder for files>`. Writes what came of it as
 * lines, then serves the application and writes its port, until its standard input ends.
 */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { createApp } from '../suite/app.js';
import { runChecks, toLines } from '../suite/check.js';
import { serverChecks } from '../suite/server-checks.js';
import { clientSuite } from '../suite/suite.js';
import { horizonChecks } from './horizon-checks.js';
import { serveHere } from './serve.js';

const [givenFile = '', folder = ''] = process.argv.slice(2);
const given = JSON.parse(await readFile(givenFile, 'utf8'));
const outcomes = await runChecks([...clientSuite(given), ...serverChecks(), ...horizonChecks(folder)]);
const { runtime, port } = await serveHere(createApp());
process.stdout.write(`${toLines(outcomes, runtime)}${JSON.stringify({ port })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
