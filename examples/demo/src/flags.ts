/** The command line of the demo. */
import { parseArgs } from 'node:util';
import { isSabotage, SABOTAGES, type Sabotage } from './server/sabotage.js';

export interface Flags {
  readonly json: boolean;
  readonly only: string | undefined;
  readonly sabotage: Sabotage | undefined;
  readonly console: boolean;
  readonly help: boolean;
}

export const USAGE: string = `usage: npm run demo -- [--console] [--json] [--only <text>] [--sabotage <name>]

  --console          serves a web page that shows the servers’ verdicts, with a button for each step
  --json             one JSON object a line instead of text
  --only <text>      only the steps whose name or promise contains this
  --sabotage <name>  breaks the demo's own server, to see that the demo notices:
${Object.entries(SABOTAGES)
  .map(([name, what]) => `                       ${name.padEnd(15)}${what}`)
  .join('\n')}`;

/** @throws Error that says what is wrong with the command line */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      sabotage: { type: 'string' },
      console: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { json, only, sabotage, console, help } = values;
  if (sabotage !== undefined && !isSabotage(sabotage)) {
    throw new Error(`--sabotage: ${sabotage} is none of ${Object.keys(SABOTAGES).join(', ')}`);
  }
  return { json, only, sabotage, console, help };
}
