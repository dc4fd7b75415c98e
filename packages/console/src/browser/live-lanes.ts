/** The lane of each class: its sign, its name, how many there were, and whether it is shown. */
import { CLASSES } from './live-classes.js';
import { element, setText, sign } from './live-element.js';

interface Lanes {
  /** Whether a class is shown, by its place in `CLASSES`. */
  readonly isShown: (classIndex: number) => boolean;
  readonly setCounts: (counts: readonly number[]) => void;
  readonly showAll: () => void;
}

export function makeLanes(parent: HTMLElement, changed: () => void): Lanes {
  const shown = CLASSES.map(() => true);
  const lanes = CLASSES.map(({ id, label, means }, index) => {
    const count = element('span', { class: 'count number' }, '0');
    const button = element(
      'button',
      {
        type: 'button',
        class: 'lane',
        'aria-pressed': 'true',
        title: `${label}: ${means}`,
        'data-class': id,
      },
      sign(id),
      element('span', { class: 'name' }, label),
      count,
    );
    button.addEventListener('click', () => show(index, !shown[index]));
    parent.append(element('li', {}, button));
    return { button, count };
  });

  const show = (index: number, on: boolean): void => {
    shown[index] = on;
    lanes[index]?.button.setAttribute('aria-pressed', String(on));
    changed();
  };

  return {
    isShown: (classIndex) => shown[classIndex] ?? true,
    setCounts: (counts) => {
      for (const [index, { count }] of lanes.entries()) {
        const n = counts[index] ?? 0;
        setText(count, n.toLocaleString('en'));
        count.classList.toggle('none', n === 0);
      }
    },
    showAll: () => {
      for (const index of CLASSES.keys()) show(index, true);
    },
  };
}
