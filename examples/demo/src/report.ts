/** What a run tells: a line a step and a summary, for people or as JSON lines. It judges nothing. */
import { styleText } from 'node:util';
import type { Finding, Step } from './step.js';
import type { World } from './world.js';

export interface Reporter {
  /** The console is there. */
  readonly opened: (address: string) => void;
  readonly begin: (sabotage: string | undefined) => void;
  readonly step: (finding: Finding) => void;
  readonly end: (summary: Summary) => void;
}

export interface Summary {
  readonly steps: number;
  readonly kept: number;
  readonly requestsSent: number;
  readonly admitted: number;
  /** Refusals by code, the most frequent first. */
  readonly refused: Readonly<Record<string, number>>;
  readonly replaysTried: number;
  readonly replaysAdmitted: number;
  readonly durationMs: number;
}

export function summarize(
  findings: readonly Finding[],
  { ledger, tally }: World,
  durationMs: number,
): Summary {
  const { admitted = 0, ...refused } = Object.fromEntries([...ledger.codes()].sort(([, a], [, b]) => b - a));
  return {
    steps: findings.length,
    kept: findings.filter(({ kept }) => kept).length,
    requestsSent: tally.sent,
    admitted,
    refused,
    replaysTried: tally.replaysTried,
    replaysAdmitted: tally.replaysAdmitted,
    durationMs: Math.round(durationMs),
  };
}

export function jsonReporter(write: (line: string) => void): Reporter {
  const tell = (type: string, what: object): void => write(JSON.stringify({ type, ...what }));
  return {
    opened: (address) => tell('console', { address }),
    begin: (sabotage) => tell('begin', { sabotage: sabotage ?? null }),
    step: ({ step, kept, happened, broken, durationMs }) => {
      const { name, promise } = step;
      tell('step', { name, promise, kept, happened, broken, durationMs: Math.round(durationMs) });
    },
    end: (summary) => tell('summary', summary),
  };
}

export function textReporter(
  steps: readonly Step[],
  write: (line: string) => void,
  colour: boolean,
): Reporter {
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const names = width(steps.map(({ name }) => name));
  const promises = width(steps.map(({ promise }) => promise));
  const paint = (style: 'green' | 'red' | 'dim', text: string): string =>
    colour ? styleText(style, text) : text;
  let number = 0;
  return {
    opened: (address) => write(`console  ${address}  (on loopback only; Ctrl-C ends it)\n`),
    begin: (sabotage) => {
      if (sabotage !== undefined) write(paint('red', `sabotaged: ${sabotage}`));
      const [tried, must] = ['what is tried'.padEnd(names), 'what must happen'.padEnd(promises)];
      write(paint('dim', `          ${tried}  ${must}     time  what happened`));
    },
    step: ({ step, kept, happened, broken, durationMs }) => {
      number += 1;
      const mark = kept ? paint('green', 'kept  ') : paint('red', 'BROKEN');
      const time = `${Math.round(durationMs)} ms`.padStart(8);
      const tried = `${String(number).padStart(2)} ${mark} ${step.name.padEnd(names)}`;
      write(`${tried}  ${paint('dim', step.promise.padEnd(promises))} ${time}  ${happened}`);
      for (const each of broken) write(paint('red', `          ${each}`));
    },
    end: (summary) => {
      const { kept, requestsSent, admitted, refused, replaysTried, replaysAdmitted, durationMs } = summary;
      const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`);
      write('');
      const style = kept === summary.steps ? 'green' : 'red';
      write(paint(style, `${kept} of ${summary.steps} promises kept in ${(durationMs / 1000).toFixed(1)} s`));
      write(
        `requests sent ${requestsSent}, admitted ${admitted}, replays tried ${replaysTried}, admitted ${replaysAdmitted}`,
      );
      write(`refused: ${codes.join(', ')}`);
    },
  };
}
