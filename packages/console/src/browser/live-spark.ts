/** A budget's level over the last minutes, as a line of its own height: full is the limit. */
import uPlot from 'uplot';
import { colours } from './live-colours.js';
import { SECONDS_AGO, stepData, steps } from './live-rate-plot.js';

export interface Spark {
  readonly draw: (levels: (number | null)[]) => void;
  readonly redraw: () => void;
  readonly destroy: () => void;
}

const HEIGHT_PX = 30;

export function spark(parent: HTMLElement, limit: number): Spark {
  const plot = new uPlot(
    {
      width: Math.max(1, parent.clientWidth),
      height: HEIGHT_PX,
      padding: [2, 0, 2, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [SECONDS_AGO[0] ?? 0, 1] },
        // The limit is the upper edge, so that how full it is shows without a number.
        y: { range: [0, limit] },
      },
      axes: [{ show: false }, { show: false }],
      series: [
        {},
        {
          stroke: () => colours().accent,
          fill: () => colours().accentSoft,
          width: 1.5,
          paths: steps,
          points: { show: false },
        },
      ],
    },
    stepData(SECONDS_AGO.map(() => null)),
    parent,
  );
  const resized = new ResizeObserver(() =>
    plot.setSize({ width: Math.max(1, parent.clientWidth), height: HEIGHT_PX }),
  );
  resized.observe(parent);
  return {
    draw: (levels) => plot.setData(stepData(levels)),
    redraw: () => plot.redraw(),
    destroy: () => {
      resized.disconnect();
      plot.destroy();
    },
  };
}
