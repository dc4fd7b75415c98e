/**
 * The canonical string as a list of lines: one is pointed at by the pointer, the focus or the arrow keys, and what the
 * last change touched is marked. It says what is pointed at; the form marks where that came from.
 */
import { element, make } from './canonicalize-elements.js';
import type { Range } from './canonicalize-marks.js';
import { differingSpan } from './canonicalize-other.js';
import type { CanonicalLine } from './canonicalize-reading.js';
import type { Origin, Source } from './canonicalize-sources.js';

interface LineList {
  /** Shows the lines; those of other texts than the last time are marked where `marked`. Gives the parts that changed. */
  readonly show: (lines: readonly CanonicalLine[], origins: readonly Origin[], marked: boolean) => string[];
  /** The lines are of an earlier draft. */
  readonly grow: (isStale: boolean) => void;
  /** Marks the lines that this place in a field made. */
  readonly markFrom: (at: Source | undefined) => void;
  /** Marks the line at which another string differs; counted from 1. */
  readonly markDifference: (line: number | undefined) => void;
}

/** @param pointed called with what made the line or piece that is pointed at; with nothing when none is */
export function lineList(pointed: (sources: readonly Source[], note: string | undefined) => void): LineList {
  const list = element('lines', HTMLElement);
  let lines: readonly CanonicalLine[] = [];
  let origins: readonly Origin[] = [];
  /** The line with the focus of the list, and the piece of it that is stepped to. */
  let current = 0;
  let piece = -1;

  const items = (): HTMLElement[] => [...list.children].filter((item) => item instanceof HTMLElement);
  const point = (line: number, at: number): void => {
    const origin = origins[line];
    const chosen = origin?.pieces[at];
    for (const [index, item] of items().entries()) {
      item.setAttribute('aria-selected', String(index === line));
      for (const [pieceIndex, span] of [...item.querySelectorAll('.piece')].entries()) {
        span.classList.toggle('is-pointed', index === line && pieceIndex === at);
      }
    }
    const text = lines[line]?.text.slice(chosen?.start, chosen?.end) || 'an empty piece';
    const note = chosen === undefined ? origin?.note : `the marked characters, which give ${text}`;
    pointed(chosen === undefined ? (origin?.sources ?? []) : [chosen.source], note);
  };
  const leave = (): void => {
    const all: (Element | null)[] = items();
    const focused = all.indexOf(document.activeElement);
    if (focused >= 0) point(focused, piece);
    else point(-1, -1);
  };
  const focus = (line: number, at = -1): void => {
    const all = items();
    const next = Math.max(0, Math.min(line, all.length - 1));
    all[current]?.setAttribute('tabindex', '-1');
    all[next]?.setAttribute('tabindex', '0');
    current = next;
    piece = at;
    all[next]?.focus();
    point(next, piece);
  };

  const place = (target: EventTarget | null): { line: number; at: number } => {
    const item = target instanceof Element ? target.closest<HTMLElement>('#lines > div') : null;
    const span = target instanceof Element ? target.closest('.piece') : null;
    const at = span && item ? [...item.querySelectorAll('.piece')].indexOf(span) : -1;
    return { line: item ? items().indexOf(item) : -1, at };
  };
  list.addEventListener('pointerover', (event) => {
    const { line, at } = place(event.target);
    if (line >= 0) point(line, at);
  });
  list.addEventListener('pointerleave', leave);
  list.addEventListener('click', (event) => {
    const { line, at } = place(event.target);
    if (line >= 0) focus(line, at);
  });
  list.addEventListener('focusin', (event) => {
    const { line } = place(event.target);
    if (line < 0) return;
    if (line !== current) piece = -1;
    point(line, piece);
  });
  list.addEventListener('focusout', () => queueMicrotask(leave));
  list.addEventListener('keydown', (event) => {
    const pieces = origins[current]?.pieces.length ?? 0;
    const moves: Record<string, () => void> = {
      ArrowDown: () => focus(current + 1),
      ArrowUp: () => focus(current - 1),
      Home: () => focus(0),
      End: () => focus(lines.length - 1),
      ArrowRight: () => focus(current, Math.min(piece + 1, pieces - 1)),
      ArrowLeft: () => focus(current, Math.max(piece - 1, -1)),
    };
    const move = event.ctrlKey || event.altKey || event.metaKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  });

  const show: LineList['show'] = (newLines, newOrigins, marked) => {
    const before = new Map(lines.map(({ part, text }) => [part, text]));
    const changed = newLines.filter(({ part, text }) => marked && before.get(part) !== text);
    const gone = lines.filter(({ part }) => marked && !newLines.some((line) => line.part === part));
    const hadFocus = items().some((item) => item === document.activeElement);
    lines = newLines;
    origins = newOrigins;
    current = Math.min(current, Math.max(0, lines.length - 1));
    list.replaceChildren(
      ...lines.map((line, at) =>
        item(line, at, origins[at], changed.includes(line) ? (before.get(line.part) ?? '') : undefined),
      ),
    );
    items()[current]?.setAttribute('tabindex', '0');
    if (hadFocus) focus(current, piece);
    return [...changed, ...gone].map(({ part }) => part);
  };

  return {
    show,
    grow: (isStale) => list.classList.toggle('is-stale', isStale),
    markFrom: (at) => {
      for (const [index, item] of items().entries()) {
        const made =
          at !== undefined && (origins[index]?.sources ?? []).some((source) => touches(source, at));
        item.classList.toggle('is-from-caret', made);
      }
    },
    markDifference: (line) => {
      for (const [index, item] of items().entries())
        item.classList.toggle('is-different', index + 1 === line);
    },
  };
}

function touches(source: Source, at: Source): boolean {
  if (source.field !== at.field) return false;
  return source.start === source.end || (at.start <= source.end && at.end >= source.start);
}

/** @param before what the line was, where the last change touched it */
function item(
  line: CanonicalLine,
  index: number,
  origin: Origin | undefined,
  before: string | undefined,
): HTMLElement {
  const { text, part } = line;
  const changed = before === undefined ? [] : [differingSpan(text, before)];
  const code = make('code', text === '' ? 'text is-empty' : 'text', ...withPieces(text, origin, changed));
  const made = make(
    'div',
    before === undefined ? 'line' : 'line is-changed',
    make('span', 'number', String(index + 1)),
    ' ',
    // The name of a header field stands in its line.
    make('span', 'part', part.split(' ')[0] ?? ''),
    ' ',
    code,
    ...(before === undefined ? [] : [' ', make('span', 'badge', 'changed')]),
  );
  made.setAttribute('role', 'option');
  made.setAttribute('aria-selected', 'false');
  made.setAttribute('tabindex', '-1');
  made.dataset['part'] = part;
  return made;
}

/** The text, cut where a piece begins or ends and where a change does. */
function withPieces(text: string, origin: Origin | undefined, changed: readonly Range[]): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const { start, end } of origin?.pieces ?? []) {
    nodes.push(...withChange(text, at, start, changed));
    nodes.push(make('span', 'piece', ...withChange(text, start, end, changed)));
    at = end;
  }
  nodes.push(...withChange(text, at, text.length, changed));
  return nodes;
}

function withChange(text: string, start: number, end: number, changed: readonly Range[]): Node[] {
  const [range] = changed;
  const from = Math.max(start, Math.min(end, range?.start ?? end));
  const to = Math.max(from, Math.min(end, range?.end ?? end));
  const nodes: Node[] = [new Text(text.slice(start, from))];
  if (to > from && range !== undefined) nodes.push(make('em', '', text.slice(from, to)));
  if (end > to || range === undefined) nodes.push(new Text(text.slice(to, end)));
  return nodes;
}
