/**
 * What stands beside the lines: how the draft came out, the signature, the header line to send. What the last change
 * touched is marked with a word, and said to those who do not see it.
 */
import type { Draft } from './canonicalize-draft.js';
import { element, make, onPress, showText } from './canonicalize-elements.js';
import type { Problem } from './canonicalize-problem.js';
import type { Reading } from './canonicalize-reading.js';

/** How long typing has to rest before what changed is said. */
const SAY_AFTER_MS = 700;

interface ResultView {
  /** @param changed the parts of the canonical string that the last change touched; `undefined` after a new request */
  readonly show: (draft: Draft, reading: Reading, changed: readonly string[] | undefined) => void;
  readonly refuse: (problem: Problem) => void;
}

/** Takes charge of the elements. */
export function resultView(): ResultView {
  const outcome = element('outcome', HTMLElement);
  const signature = element('signature', HTMLElement);
  const fieldLine = element('field-line', HTMLElement);
  const announcement = element('announcement', HTMLElement);
  let lastText = '';
  let saying: ReturnType<typeof setTimeout> | undefined;

  const say = (text: string): void => {
    clearTimeout(saying);
    saying = setTimeout(() => {
      announcement.textContent = text;
    }, SAY_AFTER_MS);
  };
  /** What each element showed when there was something to show. */
  const last = new Map<HTMLElement, string | undefined>();
  const put = (target: HTMLElement, text: string | undefined, instead: string): void => {
    target.dataset['value'] = text ?? '';
    target.textContent = text ?? instead;
    target.classList.toggle('is-absent', text === undefined);
  };
  const putNew = (target: HTMLElement, text: string | undefined, instead: string): boolean => {
    const isChanged = last.get(target) !== text;
    last.set(target, text);
    put(target, text, instead);
    return isChanged;
  };
  const show: ResultView['show'] = (draft, reading, changed) => {
    lastText = reading.text;
    outcome.className = 'outcome';
    const isMarked = changed !== undefined;
    const isNew = putNew(signature, reading.signature, 'type the secret to see it') && isMarked;
    const isNewField = putNew(fieldLine, reading.fieldLine, 'needs the secret') && isMarked;
    element('signature-changed', HTMLElement).hidden = !isNew;
    element('field-changed', HTMLElement).hidden = !isNewField;
    element('field-title', HTMLElement).textContent =
      draft.mode === 'sign' ? 'Header line to send' : 'Header line that is right for these parts';
    showText(element('checked', HTMLElement), undefined);
    if (reading.checked !== undefined) showChecked(reading.checked);
    const touched = [...(changed ?? []), ...(isNew ? ['signature'] : [])];
    const size = `${reading.lines.length} lines, ${reading.text.length} bytes.`;
    const news = touched.length === 0 ? '' : `Changed: ${touched.join(', ')}.`;
    outcome.replaceChildren(size, ' ', make('strong', '', news));
    say(isMarked ? news || 'Nothing that is signed changed.' : size);
  };
  const refuse: ResultView['refuse'] = ({ code, message }) => {
    lastText = '';
    outcome.className = 'outcome is-refused';
    outcome.replaceChildren(
      make('strong', '', code === undefined ? 'Not yet' : `Refused as ${code}`),
      `: ${message}.`,
    );
    put(signature, undefined, 'none');
    put(fieldLine, undefined, 'none');
    for (const id of ['signature-changed', 'field-changed', 'checked'])
      element(id, HTMLElement).hidden = true;
    say(outcome.textContent ?? '');
  };

  onPress('copy-text', () => copy('copy-text', lastText, element('lines', HTMLElement)));
  onPress('copy-signature', () => copy('copy-signature', signature.dataset['value'] ?? '', signature));
  onPress('copy-field', () => copy('copy-field', fieldLine.dataset['value'] ?? '', fieldLine));
  return { show, refuse };
}

function showChecked({ signature, digest }: NonNullable<Reading['checked']>): void {
  const tick = (isRight: boolean, right: string, wrong: string): HTMLElement =>
    make('span', isRight ? 'good' : 'bad', `${isRight ? '✓' : '✗'} ${isRight ? right : wrong}`);
  const checked = element('checked', HTMLElement);
  checked.replaceChildren(
    ...(signature === undefined
      ? []
      : [
          tick(signature, 'the request carries this signature', 'the request carries another signature'),
          ' ',
        ]),
    tick(digest, 'the body is the one that was signed', 'the body is not the one that was signed'),
  );
  checked.hidden = false;
}

/** Where the clipboard is closed (an origin that is not secure), the text is selected for Ctrl+C. */
async function copy(id: string, text: string, shown: HTMLElement): Promise<void> {
  const button = element(id, HTMLButtonElement);
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection()?.selectAllChildren(shown);
    said = 'Press Ctrl+C';
  }
  button.textContent = text === '' ? 'Nothing to copy' : said;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}
