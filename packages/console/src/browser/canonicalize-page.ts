/**
 * The Canonicalize page. Whatever changes in a field is read anew at once, here in the browser, by the modules that sign
 * and verify everywhere else. It sends nothing and stores nothing.
 */
import type { RequestVector } from '@countersign/canonical';
import { SCHEME } from '@countersign/canonical';
import { comparison } from './canonicalize-compare.js';
import { isCurl, type PastedRequest, readCurl } from './canonicalize-curl.js';
import { type Draft, readControls, showControls } from './canonicalize-draft.js';
import { element, make, onPress, showText } from './canonicalize-elements.js';
import { type Filling, takeForm } from './canonicalize-form.js';
import { lineList } from './canonicalize-lines.js';
import { readRawRequest } from './canonicalize-raw-request.js';
import { isProblem, readDraft } from './canonicalize-reading.js';
import { resultView } from './canonicalize-result.js';
import { currentTime, emptyFilling, randomNonce, sampleFilling } from './canonicalize-sample.js';
import { originsOf } from './canonicalize-sources.js';
import { fillingOf, loadVectors } from './canonicalize-vectors.js';

const POINT_AT_A_LINE = 'Point at a line, or move through them with the arrow keys.';

const form = takeForm(
  () => update(true),
  (at) => lines.markFrom(at),
);
const lines = lineList((sources, note) => {
  form.mark(sources);
  element('origin', HTMLElement).textContent = note === undefined ? POINT_AT_A_LINE : `From: ${note}.`;
});
const result = resultView();
const compared = comparison(() => update(true));

let last: Draft | undefined;

/** @param isEdit whether this is a change of the same request, whose effects are marked */
function update(isEdit: boolean): void {
  const draft = form.draft();
  const isSame = last !== undefined && isEqual(draft, last);
  last = draft;
  const outcome = form.problem() ?? readDraft(draft);
  const isRefused = isProblem(outcome);
  document.documentElement.dataset['state'] = isRefused ? 'refused' : 'read';
  lines.grow(isRefused);
  showRewrite(isRefused && outcome.field === 'target' ? readControls(draft.target) : '');
  if (isRefused) {
    form.showProblem(outcome);
    result.refuse(outcome);
    lines.markDifference(compared.compare(undefined));
    return;
  }
  // What the last change touched stays marked until the next one.
  if (!isSame || !isEdit) {
    form.showProblem(outcome.secretProblem);
    form.showChosenNames(outcome.signedNames);
    const changed = lines.show(outcome.lines, originsOf(draft, outcome), isEdit);
    result.show(draft, outcome, isEdit ? changed : undefined);
  }
  lines.markDifference(compared.compare(outcome.text));
}

/** The body is the same array as long as nothing changes. */
function isEqual(one: Draft, other: Draft): boolean {
  const others = new Map<string, unknown>(Object.entries(other));
  return Object.entries(one).every(([name, value]) => others.get(name) === value);
}

function begin(filling: Filling, notes: readonly string[] = []): void {
  form.fill(filling);
  showText(element('notes', HTMLElement), notes.length === 0 ? undefined : notes.join(' · '));
  update(false);
}

/** What a URL parser makes of a target that cannot be signed as it stands. */
function showRewrite(target: string): void {
  const isUrl = /^https?:/i.test(target) && URL.canParse(target);
  element('rewrite', HTMLButtonElement).hidden = !isUrl;
}

/** A pasted request, with the key that is in the fields. One that carries a signature is checked. */
function takeOver(text: string): void {
  const error = element('error-pasted', HTMLElement);
  let request: PastedRequest;
  try {
    request = isCurl(text) ? readCurl(text) : readRawRequest(text);
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    showText(error, thrown.message);
    return;
  }
  showText(error, undefined);
  const { method, target, headers, body, notes } = request;
  const carriesSignature = headers.some((line) => line.includes(`: ${SCHEME} `));
  begin(
    {
      mode: carriesSignature ? 'check' : 'sign',
      method,
      target,
      headers: headers.map(showControls).join('\n'),
      body: new TextEncoder().encode(body),
    },
    notes,
  );
  element('paste-box', HTMLDetailsElement).open = false;
  element('target', HTMLTextAreaElement).focus();
}

function offerVectors(files: ReadonlyMap<string, readonly RequestVector[]>): void {
  const select = element('vector', HTMLSelectElement);
  const byName = new Map<string, RequestVector>();
  for (const [file, vectors] of files) {
    const group = document.createElement('optgroup');
    group.label = file;
    for (const vector of vectors) {
      byName.set(vector.name, vector);
      group.append(make('option', '', vector.name));
    }
    select.append(group);
  }
  onPress('load-vector', () => {
    const vector = byName.get(select.value);
    if (vector === undefined) return select.focus();
    const outcome = vector.refused === undefined ? 'accepted' : `refused as ${vector.refused}`;
    const detail = vector.detail === undefined ? '' : ` (${vector.detail})`;
    begin(fillingOf(vector), [`A vector to be ${outcome}${detail}`]);
  });
}

onPress('load-sample', () => begin(sampleFilling()));
onPress('clear', () => begin(emptyFilling()));
onPress('now', () => {
  form.fill({ timestamp: currentTime() });
  update(true);
});
onPress('new-nonce', () => {
  form.fill({ nonce: randomNonce() });
  update(true);
});
onPress('rewrite', () => {
  const url = new URL(readControls(form.draft().target));
  form.fill({ target: url.origin + url.pathname + url.search });
  update(true);
});
onPress('show-secret', () => {
  const secret = element('secret', HTMLInputElement);
  const isShown = secret.type === 'password';
  secret.type = isShown ? 'text' : 'password';
  const button = element('show-secret', HTMLButtonElement);
  button.textContent = isShown ? 'Hide' : 'Show';
  button.setAttribute('aria-pressed', String(isShown));
});
const pasted = element('pasted', HTMLTextAreaElement);
onPress('take-over', () => takeOver(pasted.value));

begin(sampleFilling());
offerVectors(await loadVectors());
document.documentElement.dataset['ready'] = '';
