/** The newest verdicts as a list. It has at most `MAX_SHOWN` items, and only those that are new are built. */
import type { Row } from '../wire.js';
import { CLASSES, classIndexOf } from './live-classes.js';
import { element, sign } from './live-element.js';
import type { NumberedRow } from './live-model.js';

const MAX_SHOWN = 100;

interface RowList {
  /** Shows the newest of the rows that pass, newest first. */
  readonly draw: (rows: readonly NumberedRow[], passes: (row: Row) => boolean) => void;
  /** What passes has changed: everything is built anew at the next draw. */
  readonly reset: () => void;
}

export function makeRowList(list: HTMLElement): RowList {
  let drawnUpTo = 0;
  return {
    draw: (rows, passes) => {
      const fresh: HTMLElement[] = [];
      for (let i = rows.length - 1; i >= 0 && fresh.length < MAX_SHOWN; i--) {
        const one = rows[i];
        if (one === undefined || one.number <= drawnUpTo) break;
        if (passes(one.row)) fresh.push(item(one.row));
      }
      drawnUpTo = rows.at(-1)?.number ?? drawnUpTo;
      if (fresh.length === 0) return;
      list.prepend(...fresh);
      while (list.childElementCount > MAX_SHOWN) list.lastElementChild?.remove();
    },
    reset: () => {
      drawnUpTo = 0;
      list.replaceChildren();
    },
  };
}

function item(row: Row): HTMLElement {
  const shown = CLASSES[classIndexOf(row.code)];
  const id = shown?.id ?? 'malformed';
  const refused = row.code !== 'admitted';
  return element(
    'li',
    { class: `row ${refused ? 'refused' : ''}`, 'data-class': id, 'data-code': row.code },
    element('time', { class: 'number soft' }, timeOf(row.at)),
    element('span', { class: `verdict ${id}` }, sign(id), element('span', {}, row.code)),
    element(
      'span',
      { class: 'request mono', title: `${row.method} ${row.target}` },
      element('b', {}, row.method),
      ` ${row.target}`,
    ),
    who(row),
    element('span', { class: 'took number soft' }, `${row.ms.toFixed(row.ms < 1 ? 2 : 0)} ms`),
    refused && row.reason !== undefined ? element('span', { class: 'reason soft' }, row.reason) : undefined,
  );
}

function who({ proved, owner, key, scope, address }: Row): HTMLElement {
  const from = address === undefined ? undefined : element('span', { class: 'soft' }, address);
  if (!proved) {
    const claim = key === undefined ? 'nobody' : `claims ${key}`;
    return element('span', { class: 'who' }, element('i', {}, claim), from);
  }
  const name = owner ?? key ?? '';
  return element(
    'span',
    { class: 'who', ...(key === undefined ? {} : { title: `key ${key}` }) },
    element('b', {}, name),
    scope === undefined ? undefined : element('span', { class: 'mono soft' }, scope),
  );
}

function timeOf(atMs: number): string {
  const date = new Date(atMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const tenth = Math.floor(date.getMilliseconds() / 100);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenth}`;
}
