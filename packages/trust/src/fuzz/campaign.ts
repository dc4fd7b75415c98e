/** Runs the parts of a campaign, each in a process of its own, two at a time, and says once in a while how far they are. */
import { fork } from 'node:child_process';
import { answersPart } from './answers.js';
import { headsPart } from './heads.js';
import { mutantsPart } from './mutants.js';
import type { Part, PartResult } from './part.js';
import { socketsPart } from './sockets.js';
import { textsPart } from './texts.js';

export function parts(): Part[] {
  return [headsPart(), mutantsPart(), textsPart(), answersPart(), socketsPart()];
}

export interface Campaign {
  readonly inputs: number;
  readonly seed: number;
  /** Names of the parts that are run. */
  readonly names: readonly string[];
  /** The script that runs one part when it is called with `part`, its name, inputs and seed. */
  readonly script: string;
  readonly say: (line: string) => void;
}

const AT_A_TIME = 2;
const PROGRESS_MS = 10_000;

type Message = { readonly tried: number } | { readonly result: PartResult };

/** @returns the result of each part, in the order of `parts` */
export async function runCampaign({
  inputs,
  seed,
  names,
  script,
  say,
}: Campaign): Promise<Map<string, PartResult>> {
  const chosen = parts().filter(({ name }) => names.includes(name));
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  const results = new Map<string, PartResult>();
  const tried = new Map(chosen.map(({ name }) => [name, 0]));
  const total = (name: string): number => {
    const share = chosen.find((part) => part.name === name)?.share ?? 0;
    return Math.ceil((inputs * share) / shares);
  };
  const progress = setInterval(() => {
    const told = [...tried].map(([name, count]) => `${name} ${Math.floor((100 * count) / total(name))} %`);
    say(`fuzz: ${told.join(', ')}`);
  }, PROGRESS_MS);
  // Sockets wait for one another, so they begin, beside what computes.
  const waiting = chosen.toSorted((a, b) => Number(b.name === 'sockets') - Number(a.name === 'sockets'));
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const { name } = part;
      const args = ['part', name, String(total(name)), String(seed)];
      results.set(name, await runPart(script, args, (count) => tried.set(name, count)));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work)).finally(() => clearInterval(progress));
  return new Map(chosen.flatMap(({ name }) => [[name, results.get(name) as PartResult]]));
}

function runPart(
  script: string,
  args: readonly string[],
  tell: (tried: number) => void,
): Promise<PartResult> {
  return new Promise((resolve, reject) => {
    const child = fork(script, args);
    child.on('message', (message: Message) => {
      if ('tried' in message) tell(message.tried);
      else resolve(message.result);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the part ${args[1]} ended with ${code} and no result`)));
  });
}
