/** The figures at the top, and the sentence that says what is going on. It is spoken when it changes, not per verdict. */
import { CLASSES, classIndex } from './live-classes.js';
import { type Counts, WINDOW_S } from './live-counts.js';
import { byId, element, setText, sign } from './live-element.js';
import { ago } from './live-rate-words.js';

const RECENT_S = 10;
/** The sentence changes at most this often, so that it can be read out. */
const SPEAK_EVERY_MS = 4_000;
/** Verdicts over a budget, in the recent seconds, that are called a flood. */
const FLOOD = 20;

const WATCHED = [
  { id: 'replayed', label: 'Replays stopped' },
  { id: 'tampered', label: 'Tampered, stopped' },
  { id: 'limited', label: 'Over budget' },
] as const;

interface Attention {
  readonly draw: (counts: Counts, nowMs: number) => void;
}

export function makeAttention(parent: HTMLElement): Attention {
  const rate = figure('rate', 'Verdicts a second');
  const figures = WATCHED.map(({ id, label }) => ({ index: classIndex(id), ...figure(id, label) }));
  parent.append(rate.card, ...figures.map(({ card }) => card));
  const sentence = byId('sentence');
  let spokenAtMs = 0;
  let heard = false;

  return {
    draw: (counts, nowMs) => {
      const end = Math.floor(nowMs / 1000);
      const all = (from: number, to: number): number =>
        CLASSES.reduce((total, _, index) => total + counts.sum(index, from, to), 0);
      const perSecond = all(end - 3, end - 1) / 3;
      setText(
        rate.number,
        perSecond >= 10 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(1),
      );
      setText(rate.note, `${all(end - WINDOW_S, end).toLocaleString('en')} in three minutes`);
      for (const { index, card, number, note } of figures) {
        setText(number, counts.sum(index, end - WINDOW_S, end).toLocaleString('en'));
        const last = lastSecond(counts, index, end);
        setText(note, last === undefined ? 'none in three minutes' : ago((end - last) * 1000));
        card.classList.toggle('now', last !== undefined && end - last < RECENT_S);
      }
      if (nowMs - spokenAtMs < SPEAK_EVERY_MS) return;
      heard ||= all(end - WINDOW_S, end) > 0;
      if (!heard) return;
      const said = tellState(counts, end);
      if (sentence.textContent === said.text) return;
      spokenAtMs = nowMs;
      sentence.textContent = said.text;
      sentence.classList.toggle('alarm', said.isAlarm);
    },
  };
}

function tellState(counts: Counts, end: number): { readonly text: string; readonly isAlarm: boolean } {
  const recent = (id: string): number => counts.sum(classIndex(id), end - RECENT_S, end);
  const going = [
    recent('replayed') > 0 ? 'replays' : '',
    recent('tampered') > 0 ? 'tampering' : '',
    recent('limited') >= FLOOD ? 'a flood over its budget' : '',
    recent('unavailable') > 0 ? 'a store that cannot answer' : '',
  ].filter((what) => what !== '');
  if (going.length > 0) {
    const list = going.length > 1 ? `${going.slice(0, -1).join(', ')} and ${going.at(-1)}` : going.join('');
    return { text: `In the last ten seconds: ${list}. Refused.`, isAlarm: true };
  }
  const quiet = CLASSES.every((_, index) => counts.sum(index, end - RECENT_S, end) === 0);
  return { text: quiet ? 'Quiet: nothing in the last ten seconds.' : 'All as it should be.', isAlarm: false };
}

function lastSecond(counts: Counts, index: number, end: number): number | undefined {
  for (let second = end; second >= end - WINDOW_S; second--) if (counts.at(second, index) > 0) return second;
  return undefined;
}

function figure(id: string, label: string): { card: HTMLElement; number: HTMLElement; note: HTMLElement } {
  const number = element('p', { class: 'big number' }, '0');
  const note = element('p', { class: 'soft' });
  const title = element('h2', {}, id === 'rate' ? undefined : sign(id), label);
  return {
    card: element('li', { class: `card figure ${id}`, 'data-figure': id }, title, number, note),
    number,
    note,
  };
}
