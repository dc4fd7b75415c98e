/**
 * Marked characters in a text area. A text area cannot mark its text, so a copy of the text lies behind it, in the same
 * place and type, with the marks in it; it also gives the area its height.
 */
import { make } from './canonicalize-elements.js';

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A text area with what lies behind it. */
export interface MarkedText {
  readonly area: HTMLTextAreaElement;
  /** Marks these ranges and no others; an empty range marks the whole field. */
  readonly mark: (ranges: readonly Range[]) => void;
}

/** Takes charge of a text area that stands in a `.marked` after a `.behind`. */
export function markedText(area: HTMLTextAreaElement): MarkedText {
  const behind = area.previousElementSibling;
  const frame = area.parentElement;
  const mark = (ranges: readonly Range[]): void => {
    // A line feed at the very end has a line of its own only before something.
    behind?.replaceChildren(...pieces(area.value, ranges), '\u200b');
    const isWhole = ranges.some(({ start, end }) => start === end);
    frame?.classList.toggle('is-source', isWhole);
    const first = behind?.querySelector('mark');
    if (first instanceof HTMLElement && frame) reveal(frame, first);
  };
  area.addEventListener('input', () => mark([]));
  return { area, mark };
}

function pieces(text: string, ranges: readonly Range[]): (Node | string)[] {
  const found: (Node | string)[] = [];
  let at = 0;
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (end <= at) continue;
    found.push(text.slice(at, start), make('mark', '', text.slice(Math.max(at, start), end)));
    at = end;
  }
  found.push(text.slice(at));
  return found;
}

/** Scrolls the field, and nothing around it, to what is marked. */
function reveal(frame: HTMLElement, marked: HTMLElement): void {
  const top = marked.offsetTop;
  const isVisible = top >= frame.scrollTop && top < frame.scrollTop + frame.clientHeight - 8;
  if (!isVisible) frame.scrollTop = Math.max(0, top - 8);
}
