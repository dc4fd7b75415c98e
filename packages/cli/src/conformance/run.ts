/** Asks another implementation every question, in one process of it, and collects what it gets wrong. */
import { type Answer, compareAnswer, type Finding } from './compare.js';
import { converse, type Ending } from './line-process.js';
import type { Question, Task } from './question.js';

export interface Tally {
  readonly task: Task;
  readonly stage: string;
  asked: number;
  agreed: number;
  differ: number;
  unsupported: number;
}

interface Unsupported {
  readonly task: Task;
  readonly stage: string;
  readonly name: string;
  readonly reason: string;
}

export interface ConformanceReport {
  readonly command: string;
  readonly asked: number;
  readonly answered: number;
  readonly agreed: number;
  readonly tallies: readonly Tally[];
  readonly findings: readonly Finding[];
  /** What the implementation says that it does not do. */
  readonly unsupported: readonly Unsupported[];
  /** What ended the run before its end, or was wrong with the process. */
  readonly failure?: string;
  readonly interrupted: boolean;
}

interface ConformanceRun {
  readonly command: string;
  readonly questions: readonly Question[];
  readonly timeoutMs: number;
  readonly onAnswer: (answered: number) => void;
  readonly onErrorLine: (line: string) => void;
}

/** No answer to a published question comes near it. */
const MAX_LINE_CHARACTERS = 1_000_000;
const NOT_FOUND = 127;
const QUOTED_CHARACTERS = 60;

export async function runConformance(run: ConformanceRun): Promise<ConformanceReport> {
  const { command, questions, timeoutMs, onAnswer, onErrorLine } = run;
  const tallies = new Map<string, Tally>();
  const findings: Finding[] = [];
  const unsupported: Unsupported[] = [];
  let answered = 0;
  let agreed = 0;
  let garbage: string | undefined;
  const owners = new Map(
    questions.map((question) => [answerKey(question, question.expected), question.name]),
  );

  const take = (question: Question, answer: Answer): void => {
    const { task, stage, name, octets } = question;
    const tally = tallyOf(tallies, question);
    if (answer['unsupported'] !== undefined) {
      tally.unsupported++;
      // Characters above U+00FF: an implementation that works on octets cannot be asked (spec 7.1).
      const reason = `${octets ? '' : 'no octets: '}${String(answer['unsupported'])}`;
      unsupported.push({ task, stage, name, reason });
      return;
    }
    const finding = compareAnswer(question, answer);
    if (finding === undefined) {
      agreed++;
      tally.agreed++;
    } else {
      tally.differ++;
      const owner = owners.get(answerKey(question, answer));
      const note =
        owner === undefined ? '' : `; it is what “${owner}” has to give: are the answers in order?`;
      findings.push({ ...finding, cause: finding.cause + note });
    }
  };
  const ending = await converse({
    command,
    input: questions.map(({ input }) => JSON.stringify(input)),
    timeoutMs,
    maxLineCharacters: MAX_LINE_CHARACTERS,
    onErrorLine,
    onLine: (line) => {
      const read = readAnswer(line, questions[answered], answered + 1);
      if (typeof read === 'string') {
        garbage = read;
        return false;
      }
      take(read.question, read.answer);
      onAnswer(++answered);
      return true;
    },
  });
  const failure = garbage ?? failureOf(ending, questions, answered, timeoutMs);
  for (const question of questions) tallyOf(tallies, question).asked++;
  return {
    command,
    asked: questions.length,
    answered,
    agreed,
    tallies: [...tallies.values()],
    findings,
    unsupported,
    ...(failure === undefined ? {} : { failure }),
    interrupted: ending.how === 'interrupted',
  };
}

/** By which an answer that belongs to another question is known, where it has no name. */
function answerKey({ task, expected }: Question, answer: Answer): string {
  return JSON.stringify([task, ...Object.keys(expected).map((member) => answer[member])]);
}

/** Whether everything that was asked was answered as it should be, or was said not to be supported. */
export function isConformant({ failure, findings, agreed, unsupported }: ConformanceReport): {
  readonly clean: boolean;
  readonly whole: boolean;
} {
  const clean = failure === undefined && findings.length === 0 && agreed > 0;
  return { clean, whole: clean && unsupported.every(({ reason }) => reason.startsWith('no octets: ')) };
}

/** An answer, or what is wrong with the line. */
function readAnswer(
  line: string,
  question: Question | undefined,
  number: number,
): { readonly question: Question; readonly answer: Answer } | string {
  const quoted = JSON.stringify(
    line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}…` : line,
  );
  if (question === undefined) return `it wrote more lines than it was asked: ${quoted}`;
  const answer = parseObject(line);
  const place = `line ${number} of its output, where the answer to “${question.name}” (${question.task}) belongs,`;
  if (answer === undefined) return `${place} is no JSON object: ${quoted}`;
  const { name, task } = answer;
  if (name !== undefined && name !== question.name) {
    return `${place} answers “${String(name)}”: answers have to come in the order of the questions`;
  }
  if (task !== undefined && task !== question.task) {
    return `${place} answers the task ${String(task)}: answers have to come in the order of the questions`;
  }
  return { question, answer };
}

function parseObject(line: string): Answer | undefined {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : undefined;
  } catch {
    return undefined;
  }
}

function failureOf(
  ending: Ending,
  questions: readonly Question[],
  answered: number,
  timeoutMs: number,
): string | undefined {
  const next = questions[answered];
  const waiting = next === undefined ? undefined : `“${next.name}” (${next.task})`;
  const count = `${answered} of ${questions.length} answers`;
  switch (ending.how) {
    case 'exited': {
      const how = ending.signal === null ? `with status ${ending.status}` : `by ${ending.signal}`;
      if (ending.status === NOT_FOUND && answered === 0) return 'the command was not found (status 127)';
      if (waiting !== undefined) return `it ended ${how} after ${count}, before it answered ${waiting}`;
      return ending.status === 0 ? undefined : `it ended ${how} after its last answer`;
    }
    case 'silent':
      return waiting === undefined
        ? `it did not end within ${timeoutMs / 1000} s of its last answer and the end of its input`
        : `no answer to ${waiting} within ${timeoutMs / 1000} s, after ${count}; does it write each line at once?`;
    case 'long-line':
      return `the answer to ${waiting ?? 'nothing'} is longer than ${MAX_LINE_CHARACTERS.toLocaleString('en')} characters`;
    case 'interrupted':
      return `interrupted after ${count}`;
    case 'stopped':
      return undefined;
  }
}

function tallyOf(tallies: Map<string, Tally>, { task, stage }: Question): Tally {
  const known = tallies.get(`${task} ${stage}`);
  if (known !== undefined) return known;
  const tally: Tally = { task, stage, asked: 0, agreed: 0, differ: 0, unsupported: 0 };
  tallies.set(`${task} ${stage}`, tally);
  return tally;
}
