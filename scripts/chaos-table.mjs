// The summary of `npm run chaos`: a line for each case that was run, and what must not be in it.
import { existsSync, readFileSync } from 'node:fs';

const COLUMNS = [
  ['calls', ({ calls }) => calls],
  ['requests', ({ requests }) => requests],
  ['replayed', ({ replaysAdmitted }) => replaysAdmitted],
  ['twice', ({ executedTwice }) => executedTwice],
  ['no answer', ({ unanswered }) => unanswered],
  ['late', ({ lateAnswers }) => lateAnswers],
  ['denied', ({ denied }) => denied],
  ['failed after', ({ errorsAfter }) => errorsAfter],
  ['fault ms', ({ faultMs }) => faultMs],
  ['notice ms', ({ noticeMs }) => noticeMs],
  ['resumed ms', ({ resumedMs }) => resumedMs],
  ['worst answer ms', ({ worstAnswerMs, worstOwnMs }) => `${worstAnswerMs} (own ${worstOwnMs})`],
  ['played back', ({ playedBack }) => playedBack],
  ['failed before', ({ errorsBefore }) => errorsBefore],
];

/** @param file one line of JSON for each case that was run */
export function printChaos(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const runs = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  const rows = [
    ['case', ...COLUMNS.map(([title]) => title)],
    ...runs.map(({ name, figures }) => [name, ...COLUMNS.map(([, value]) => String(value(figures)))]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log();
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  console.log(`
twice: handlers executed more than once for one call. late: later than the store's deadline and 100 ms, without the time
in which the process could not run. denied: answered 401 or 429. failed after: calls that began later than "notice ms"
after the fault. resumed ms: until every key was served again.`);
  for (const { name, violations } of runs)
    for (const line of violations) console.log(`VIOLATION ${name}: ${line}`);
  const count = runs.reduce((sum, { violations }) => sum + violations.length, 0);
  console.log(`${runs.length} runs, ${count} violations`);
}
