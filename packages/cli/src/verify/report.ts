/** What `verify` prints. */
import { conclude } from '../explain/conclusion.js';
import { formatDifference } from '../explain/report.js';
import { visible } from '../explain/show-difference.js';
import type { Paint } from '../terminal/paint.js';
import type { Judgement, StepOutcome, StepResult } from './judgement.js';

const MARKS: Readonly<
  Record<StepOutcome, { readonly mark: string; readonly style: 'green' | 'red' | 'dim' }>
> = {
  passed: { mark: '✓', style: 'green' },
  refused: { mark: '✗', style: 'red' },
  'not judged': { mark: '–', style: 'dim' },
  'not reached': { mark: ' ', style: 'dim' },
};
const NAME_WIDTH = 9;
const INDENT = ' '.repeat(NAME_WIDTH + 9);

/** @param listing whether the canonical string is asked for */
export function formatJudgement(
  { steps, canonical, sent, verified }: Judgement,
  notes: readonly string[],
  listing: boolean,
  paint: Paint,
): string {
  const lines = steps.map((step) => formatStep(step, paint));
  const told = notes.map((note) => `Note: ${note}\n`).join('');
  const parts = [lines.join('')];
  if (canonical !== undefined && listing) parts.push(listingOf(canonical));
  if (canonical !== undefined && sent !== undefined && !verified && sent !== canonical) {
    const conclusion = conclude({ takenFor: '', text: sent }, { takenFor: '', text: canonical });
    if (conclusion.kind === 'different') {
      parts.push(
        `The client sent what it signed (countersign-debug).\n${formatDifference(conclusion, paint)}`,
      );
    }
  }
  if (told !== '') parts.push(told);
  return parts.join('\n');
}

function formatStep({ step, name, outcome, detail, code, status, fix }: StepResult, paint: Paint): string {
  const { mark, style } = MARKS[outcome];
  const refusal = code === undefined ? '' : `${paint('red', code)} (${status}): `;
  const words = outcome === 'not reached' || outcome === 'not judged' ? `${outcome}` : '';
  const said = [words, detail === undefined ? '' : `${refusal}${visible(detail)}`].filter(
    (text) => text !== '',
  );
  const todo = fix === undefined ? '' : `${INDENT}Fix: ${fix}\n`;
  return `${paint(style, mark)}  ${step}  ${name.padEnd(NAME_WIDTH)}   ${said.join(': ')}\n${todo}`;
}

/** Numbered, as `explain` takes it. */
function listingOf(canonical: string): string {
  const rows = canonical.split('\n').map((line, at) => `${String(at + 1).padStart(2)}  ${line}\n`);
  return `The canonical string of the request as it stands here:\n\n${rows.join('')}`;
}
