/** Whose verdicts are shown: everybody's, one owner's, or those of callers who proved no key. */
import type { Row } from '../wire.js';
import type { Counts } from './live-counts.js';
import type { Model } from './live-model.js';

/** Values of options that are no names: `=` stands before those. They are in the page, before the owners. */
const ANYONE = '';
const STRANGERS = '-';
const FIXED_OPTIONS = 2;

interface OwnerFilter {
  readonly passes: (row: Row) => boolean;
  readonly counts: () => Counts;
  readonly isAnyone: () => boolean;
  readonly showAnyone: () => void;
  /** Offers the owners that there are, and the chosen one as long as it is chosen. */
  readonly draw: () => void;
}

export function makeOwnerFilter(select: HTMLSelectElement, model: Model, changed: () => void): OwnerFilter {
  select.addEventListener('change', changed);
  return {
    passes: ({ proved, owner }) => {
      if (select.value === ANYONE) return true;
      return select.value === STRANGERS ? !proved : `=${owner}` === select.value;
    },
    counts: () => {
      if (select.value === STRANGERS) return model.strangers();
      return model.owners().find(({ name }) => `=${name}` === select.value)?.counts ?? model.counts();
    },
    isAnyone: () => select.value === ANYONE,
    showAnyone: () => {
      select.value = ANYONE;
    },
    draw: () => {
      const chosen = select.value;
      const owners = model.owners().map(({ name }) => `=${name}`);
      const wanted = owners.includes(chosen) || !chosen.startsWith('=') ? owners : [...owners, chosen];
      const offered = [...select.options].slice(FIXED_OPTIONS).map(({ value }) => value);
      if (wanted.join('\n') === offered.join('\n')) return;
      while (select.options.length > FIXED_OPTIONS) select.remove(FIXED_OPTIONS);
      for (const value of wanted) select.add(new Option(value.slice(1), value));
      select.value = chosen;
    },
  };
}
