/** `countersign vectors`: the published vectors, or another implementation held against them. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, type ExitStatus, type MakeCommand } from '../command.js';
import { publishedStages, type Selection, selectVectors } from '../conformance/published.js';
import { questionsOf, TASKS, type Task } from '../conformance/question.js';
import { conformanceText } from '../conformance/report.js';
import { isConformant, runConformance } from '../conformance/run.js';
import { painter } from '../terminal/paint.js';
import { startProgress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { UsageError } from '../terminal/usage-error.js';

interface VectorsOptions extends Selection {
  readonly run?: string;
  readonly task?: readonly Task[];
  readonly partial?: true;
  readonly timeout: number;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_S = 10;
const MAX_TIMEOUT_S = 3600;
const SHOWN_ERROR_LINES = 100;

export const vectorsCommand: MakeCommand = (terminal, finish) =>
  new Command('vectors')
    .description('print the published test vectors, or hold another implementation against them')
    .option('--stage <stage...>', 'only these files of vectors, such as path or query')
    .option('--name <text...>', 'only vectors with this in their name')
    .option('--run <command>', 'give the vectors to this command, and say what it answers differently')
    .addOption(new Option('--task <task...>', 'with --run: ask only this').choices(TASKS))
    .option('--partial', 'with --run: what the implementation answers as unsupported is no fault')
    .option('--timeout <seconds>', 'with --run: how long to wait for each answer', seconds, DEFAULT_TIMEOUT_S)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      `
Without --run each vector is printed as it is published, one JSON line each.

With --run the command is started once, by the shell. It reads one JSON line for each question
from its standard input, and writes one JSON line for each, in that order, to its standard output:
  sign           {"canonical": …, "signature": …, "authorization": …}
  verify         {"canonical": …, "signature": …}, or {"refused": code}
  write-verdict  {"text": …, "signature": …, "field": …}
  open-verdict   {"code": …, "time": …, "deadSince": …, "retryAfterMs": …}, or {"refused": true}
  any            {"unsupported": reason} for what it does not do; a fault without --partial
The whole protocol: "Conformance of other implementations" in the README of the vectors.
Exit status 1 when anything differs.

Examples:
  $ countersign vectors --stage path --name "dot segment"
  $ countersign vectors --run 'python3 countersign.py vectors'
  $ countersign vectors --run './my-signer --conformance' --task sign --json`,
    )
    .action(async (options: VectorsOptions) => {
      const stages = selectVectors(publishedStages(), options);
      if (options.run !== undefined) {
        finish(await hold(terminal, options.run, options, stages));
        return;
      }
      if (options.task !== undefined || options.partial)
        throw new UsageError('--task and --partial go with --run "COMMAND"');
      const vectors = stages.flatMap((stage) => stage.vectors);
      await terminal.writePart(
        options.json
          ? `${JSON.stringify(vectors, undefined, 2)}\n`
          : vectors.map((vector) => `${JSON.stringify(vector)}\n`).join(''),
      );
    });

async function hold(
  terminal: Terminal,
  command: string,
  { task = TASKS, timeout, partial, json }: VectorsOptions,
  stages: ReturnType<typeof selectVectors>,
): Promise<ExitStatus> {
  if (command.trim() === '') throw new UsageError('--run: expected a command');
  const questions = questionsOf(stages, task);
  if (questions.length === 0) throw new UsageError('--task: none of these vectors is asked by that task');
  const progress = startProgress(terminal, 'vectors');
  let errorLines = 0;
  const report = await runConformance({
    command,
    questions,
    timeoutMs: timeout * 1000,
    onAnswer: (answered) => progress.report(`${answered} of ${questions.length}`),
    onErrorLine: (line) => {
      progress.end();
      if (++errorLines <= SHOWN_ERROR_LINES) terminal.writeError(`stderr: ${line}\n`);
    },
  });
  progress.end();
  if (errorLines > SHOWN_ERROR_LINES)
    terminal.writeError(`stderr: … and ${errorLines - SHOWN_ERROR_LINES} lines more\n`);
  const { clean, whole } = isConformant(report);
  const conformant = partial ? clean : whole;
  terminal.write(
    json
      ? `${JSON.stringify({ conformant, ...report }, undefined, 2)}\n`
      : conformanceText(report, painter(terminal)),
  );
  if (report.interrupted) return EXIT.interrupted;
  return conformant ? EXIT.ok : EXIT.found;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= MAX_TIMEOUT_S) || text.trim() === '')
    throw new InvalidArgumentError(`expected seconds, above 0 and at most ${MAX_TIMEOUT_S}.`);
  return value;
}
