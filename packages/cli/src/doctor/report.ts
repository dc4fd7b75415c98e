/** An examination, as people read it. */
import type { Paint } from '../terminal/paint.js';
import { visible } from '../terminal/visible.js';
import type { Effect, Option } from './change.js';
import type { DoctorReport, Finding } from './findings.js';

const SHOWN_REQUESTS = 3;
const SHOWN_CHARACTERS = 100;

const TITLES: Readonly<Record<Effect, string>> = {
  breaks: 'Nothing makes up for it: these requests are refused',
  option: 'An option makes up for it',
  harmless: 'No signature notices',
};
const STYLES = { breaks: 'red', option: 'yellow', harmless: 'green' } as const;

export function doctorText({ url, requests, findings, ok }: DoctorReport, paint: Paint): string {
  const lines = [`${url}: ${requests} signed requests sent`, ''];
  for (const effect of ['breaks', 'option', 'harmless'] as const) {
    const own = findings.filter((finding) => finding.effect === effect);
    if (own.length === 0) continue;
    lines.push(paint(STYLES[effect], TITLES[effect]));
    for (const finding of own) lines.push(...findingLines(finding, requests).map(visible));
    lines.push('');
  }
  const options = findings.flatMap(({ option }) => option ?? []);
  lines.push(
    ok ? paint('green', conclusion(findings, options)) : paint('red', conclusion(findings, options)),
  );
  lines.push(...optionLines(options), '');
  return lines.join('\n');
}

function findingLines({ what, how, advice, option, requests }: Finding, sent: number): string[] {
  const lines = [`  ${what}: ${how}`];
  const few = requests.slice(0, SHOWN_REQUESTS);
  const told = few.filter(
    ({ sent: ours, arrived }) => ours !== undefined && !how.endsWith(`becomes ${arrived}`),
  );
  for (const one of option === undefined ? told : told.slice(0, 1)) {
    lines.push(`    ${shown(one.sent)} arrives as ${shown(one.arrived)}`);
  }
  // What is known of the plain request holds for all.
  if (option === undefined) lines.push(`    in ${requestNames(requests, sent)}`);
  const code = option === undefined ? '' : `${option.of.map((of) => call(of, [option])).join(' and ')}: `;
  lines.push(`    ${code}${advice}`);
  return lines;
}

function requestNames(requests: Finding['requests'], sent: number): string {
  const names = [...new Set(requests.map(({ about }) => about))];
  if (names.length === sent) return 'every request';
  const more = names.length - SHOWN_REQUESTS;
  return names.slice(0, SHOWN_REQUESTS).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function conclusion(findings: readonly Finding[], options: readonly Option[]): string {
  const breaks = findings.filter(({ effect }) => effect === 'breaks').length;
  if (breaks > 0) {
    return `${breaks} ${breaks === 1 ? 'change breaks' : 'changes break'} signatures, and no option makes up for ${breaks === 1 ? 'it' : 'them'}.`;
  }
  return options.length > 0 ? 'Signatures get through, with these options:' : 'Signatures get through.';
}

function optionLines(options: readonly Option[]): string[] {
  const functions = [...new Set(options.flatMap(({ of }) => of))];
  return functions.map(
    (name) =>
      `  ${call(
        name,
        options.filter(({ of }) => of.includes(name)),
      )}`,
  );
}

/** As it is written in code. */
function call(name: string, options: readonly Option[]): string {
  const members = options.map((option) => `${option.name}: ${literal(option.value)}`);
  const first = name === 'countersign' ? 'verifier, ' : '';
  return `${name}(${first}{ ${[...members, '…'].join(', ')} })`;
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "\\'")}'`;
}

function shown(text = ''): string {
  if (text === '') return '(nothing)';
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
