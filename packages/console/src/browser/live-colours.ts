/** Colours for canvases, from the style sheet, so that plots follow light and dark. */
import { CLASSES } from './live-classes.js';

interface Colours {
  /** By place in `CLASSES`. */
  readonly classes: readonly string[];
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly accent: string;
  readonly accentSoft: string;
}

let known: Colours | undefined;

export function colours(): Colours {
  if (known !== undefined) return known;
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  known = {
    classes: CLASSES.map(({ id }) => of(id)),
    ink: of('ink'),
    soft: of('soft'),
    line: of('line'),
    accent: of('accent'),
    accentSoft: of('accent-soft'),
  };
  return known;
}

/** Calls back when light has turned dark or the other way round. */
export function onColourChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    known = undefined;
    changed();
  });
}
