/**
 * The fields of the page: read into a draft, filled from a request, marked, and told what is wrong with them. It keeps
 * nothing anywhere but in the fields.
 */
import { bodyField } from './canonicalize-body.js';
import { type Draft, type FieldName, showControls } from './canonicalize-draft.js';
import { element, showText } from './canonicalize-elements.js';
import { type MarkedText, markedText } from './canonicalize-marks.js';
import type { Problem } from './canonicalize-problem.js';
import type { Source } from './canonicalize-sources.js';

/** A draft whose texts may hold control characters, as a request may. */
export type Filling = Partial<Omit<Draft, 'signedNames'>> & { readonly signedNames?: string | undefined };

interface Form {
  readonly draft: () => Draft;
  /** Why the fields are no draft. */
  readonly problem: () => Problem | undefined;
  /** Fills the fields that are given and leaves the others. */
  readonly fill: (filling: Filling) => void;
  readonly mark: (sources: readonly Source[]) => void;
  readonly showProblem: (problem: Problem | undefined) => void;
  /** In the field that lists the signed names, where a signer chooses them. */
  readonly showChosenNames: (names: readonly string[]) => void;
}

const INPUTS = [
  'method',
  'keyId',
  'secret',
  'scope',
  'timestamp',
  'nonce',
  'signedNames',
  'signatureField',
  'audience',
  'requireSigned',
] as const;
const FIELDS: readonly FieldName[] = [...INPUTS, 'target', 'headers', 'body'];
const KINDS = ['any', 'one', 'list'] as const;

/**
 * Takes charge of the fields.
 *
 * @param changed called whenever anything in them changed by hand
 * @param pointed called with the place of the caret in a field, and with nothing when it leaves
 */
export function takeForm(changed: () => void, pointed: (at: Source | undefined) => void): Form {
  const form = element('request', HTMLFormElement);
  const inputs = new Map(INPUTS.map((name) => [name, element(name, HTMLInputElement)]));
  const texts = new Map<FieldName, MarkedText>();
  for (const name of ['target', 'headers', 'body'] as const) {
    texts.set(name, markedText(element(name, HTMLTextAreaElement)));
  }
  const areaOf = (name: FieldName): MarkedText => {
    const text = texts.get(name);
    if (text === undefined) throw new TypeError(`${name} is not a text area`);
    return text;
  };
  const body = bodyField(areaOf('body'), changed);
  const modeCheck = element('mode-check', HTMLInputElement);
  const modeSign = element('mode-sign', HTMLInputElement);
  const autoNames = element('auto-names', HTMLInputElement);
  const kind = element('audienceKind', HTMLSelectElement);

  const value = (name: (typeof INPUTS)[number]): string => inputs.get(name)?.value ?? '';
  const draft = (): Draft => ({
    mode: modeCheck.checked ? 'check' : 'sign',
    method: value('method'),
    target: areaOf('target').area.value,
    headers: areaOf('headers').area.value,
    body: body.bytes() ?? new Uint8Array(),
    keyId: value('keyId'),
    secret: value('secret'),
    scope: value('scope'),
    timestamp: value('timestamp'),
    nonce: value('nonce'),
    signedNames: autoNames.checked ? undefined : value('signedNames'),
    signatureField: value('signatureField'),
    audienceKind: KINDS.find((each) => each === kind.value) ?? 'any',
    audience: value('audience'),
    requireSigned: value('requireSigned'),
  });
  const problem = (): Problem | undefined =>
    body.bytes() === undefined ? { field: 'body', message: 'this is not base64' } : undefined;

  const arrange = (): void => {
    element('parameters', HTMLFieldSetElement).disabled = modeCheck.checked;
    element('signedNames', HTMLInputElement).readOnly = autoNames.checked;
    element('audience', HTMLInputElement).hidden = kind.value === 'any';
  };

  const fill = (filling: Filling): void => {
    for (const [name, input] of inputs) {
      const given = filling[name];
      if (given !== undefined) input.value = showControls(given);
    }
    if (filling.target !== undefined) areaOf('target').area.value = showControls(filling.target);
    // Its lines were shown one by one: between them stand line feeds.
    if (filling.headers !== undefined) areaOf('headers').area.value = filling.headers;
    if (filling.body !== undefined) body.show(filling.body);
    if (filling.audienceKind !== undefined) kind.value = filling.audienceKind;
    if ('signedNames' in filling) autoNames.checked = filling.signedNames === undefined;
    if (filling.mode !== undefined) (filling.mode === 'check' ? modeCheck : modeSign).checked = true;
    element('options', HTMLDetailsElement).open ||=
      value('signatureField') !== '' || kind.value !== 'any' || value('requireSigned') !== '';
    for (const text of texts.values()) text.mark([]);
    arrange();
  };

  const mark = (sources: readonly Source[]): void => {
    for (const [name, text] of texts) text.mark(sources.filter(({ field }) => field === name));
    for (const [name, input] of inputs) {
      input.classList.toggle(
        'is-source',
        sources.some(({ field }) => field === name),
      );
    }
  };

  const showProblem = (shown: Problem | undefined): void => {
    for (const name of FIELDS) {
      const here = shown?.field === name ? shown : undefined;
      const text = here && `${here.code === undefined ? '' : `${here.code}: `}${here.message}`;
      showText(element(`error-${name}`, HTMLElement), text);
      element(name, HTMLElement).setAttribute('aria-invalid', String(here !== undefined));
    }
    if (shown && ['signatureField', 'audience', 'requireSigned'].includes(shown.field)) {
      element('options', HTMLDetailsElement).open = true;
    }
  };

  const target = areaOf('target').area;
  target.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
  target.addEventListener('input', () => {
    // One line: what was pasted behind it goes, what is inside is shown.
    if (target.value.includes('\n')) target.value = showControls(target.value.replace(/\n+$/, ''));
    areaOf('target').mark([]);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    arrange();
    changed();
  });
  const caret = ({ target: at }: Event): void => {
    if (!(at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement)) return;
    const field = FIELDS.find((name) => name === at.id);
    if (field === undefined) return;
    pointed({ field, start: at.selectionStart ?? 0, end: at.selectionEnd ?? 0 });
  };
  for (const event of ['focusin', 'click', 'keyup', 'input', 'select']) form.addEventListener(event, caret);
  form.addEventListener('focusout', () => pointed(undefined));

  arrange();
  return {
    draft,
    problem,
    fill,
    mark,
    showProblem,
    showChosenNames: (names) => {
      if (autoNames.checked) element('signedNames', HTMLInputElement).value = names.join(';');
    },
  };
}
