/** Verdicts a second over the last minutes, stacked by class; and the same as lanes, one for each class. */
import uPlot from 'uplot';
import { CLASSES } from './live-classes.js';
import { colours } from './live-colours.js';
import { WINDOW_S } from './live-counts.js';

/** Seconds before now, oldest first; the last is the one that is not over yet. */
export const SECONDS_AGO: readonly number[] = Array.from({ length: WINDOW_S + 1 }, (_, i) => i - WINDOW_S);
/** Where they begin, and where the last one will end. */
const EDGES: readonly number[] = [...SECONDS_AGO, 1];

const LANE_HEIGHT_PX = 34;
const RATE_HEIGHT_PX = 190;
const AXIS_HEIGHT_PX = 26;
/** The style sheet begins the rate plot so much further to the left than the lanes, so that their seconds align. */
const Y_AXIS_WIDTH_PX = 48;
/** For the half of `now` that stands beyond it. */
const RIGHT_PX = 20;
/** Of a lane: a single verdict can be seen, and the fullest second does not touch the lane above. */
const LOWEST_BAR = 0.22;
const HIGHEST_BAR = 0.82;
/** Verdicts a second that fill a lane, where there are not more. */
const FULL_LANE = 20;

interface Plot {
  /** Draws numbers of verdicts: by place in `CLASSES`, and then by place in `SECONDS_AGO`. */
  readonly draw: (columns: readonly (readonly number[])[]) => void;
  readonly redraw: () => void;
}

/** @param hover is called with a place in `SECONDS_AGO`, and with undefined when the pointer has left */
export function ratePlot(parent: HTMLElement, hover: (index: number | undefined) => void): Plot {
  // A larger sum is painted before the smaller ones that stand in front of it.
  const order = CLASSES.map((_, index) => CLASSES.length - 1 - index);
  const series = order.map(
    (index): uPlot.Series => ({
      fill: () => colours().classes[index] ?? '',
      width: 0,
      paths: steps,
      points: { show: false },
    }),
  );
  const axis = { stroke: () => colours().soft, font: '12px system-ui, sans-serif' };
  const plot = makePlot(parent, RATE_HEIGHT_PX, hover, {
    padding: [12, RIGHT_PX, 0, 0],
    scales: { x: X_SCALE, y: { range: (_, __, max) => [0, Math.max(5, max * 1.08)] } },
    axes: [
      { ...axis, ...timeAxis() },
      {
        ...axis,
        size: Y_AXIS_WIDTH_PX,
        gap: 8,
        space: 44,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000],
        grid: { stroke: () => colours().line, width: 1 },
        ticks: { show: false },
      },
    ],
    series: [{}, ...series],
  });
  return plotOf(plot, (columns) => {
    const sums = SECONDS_AGO.map(() => 0);
    const stacked = columns.map((column) => column.map((n, i) => (sums[i] = (sums[i] ?? 0) + n)));
    return order.map((index) => stacked[index] ?? []);
  });
}

/** The lanes have no axis of their own: what stands beside each says what it is. */
export function lanesPlot(parent: HTMLElement, hover: (index: number | undefined) => void): Plot {
  const lanes = CLASSES.length;
  const bars = uPlot.paths.bars?.({ size: [0.8, 12, 1.5], align: 1 });
  const plot = makePlot(parent, LANE_HEIGHT_PX * lanes, hover, {
    padding: [0, RIGHT_PX, 0, 0],
    scales: { x: X_SCALE, y: { range: [0, lanes] } },
    axes: [{ show: false }, { show: false }],
    series: [
      {},
      ...CLASSES.map(
        (_, index): uPlot.Series => ({
          fill: () => colours().classes[index] ?? '',
          fillTo: () => lanes - 1 - index,
          width: 0,
          points: { show: false },
          ...(bars === undefined ? {} : { paths: bars }),
        }),
      ),
    ],
  });
  return plotOf(plot, (columns) =>
    columns.map((column, index) => {
      const full = Math.log1p(Math.max(FULL_LANE, ...column));
      const floor = lanes - 1 - index;
      return column.map((n) =>
        n === 0 ? null : floor + LOWEST_BAR + (HIGHEST_BAR - LOWEST_BAR) * (Math.log1p(n) / full),
      );
    }),
  );
}

/** Values of seconds as uPlot takes them, to be drawn by `steps`. */
export function stepData(...columns: readonly (readonly (number | null)[])[]): uPlot.AlignedData {
  return [[...EDGES], ...columns.map((column) => [...column, column.at(-1) ?? null])];
}

/** Constant until the next value, which is what a count of a second is. */
export const steps: uPlot.Series.PathBuilder = (...args) => stepped?.(...args) ?? null;
const stepped = uPlot.paths.stepped?.({ align: 1 });

const X_SCALE: uPlot.Scale = { time: false, range: [-WINDOW_S, 1] };

function timeAxis(): uPlot.Axis {
  return {
    size: AXIS_HEIGHT_PX,
    gap: 6,
    splits: () => [-WINDOW_S, -120, -60, 0],
    values: (_, splits) => splits.map((s) => (s === 0 ? 'now' : `${-s / 60} min ago`)),
    grid: { stroke: () => colours().line, width: 1 },
    ticks: { show: false },
  };
}

function makePlot(
  parent: HTMLElement,
  height: number,
  hover: (index: number | undefined) => void,
  options: Pick<uPlot.Options, 'scales' | 'axes' | 'series'> & { padding?: uPlot.Padding },
): uPlot {
  const plot = new uPlot(
    {
      width: Math.max(1, parent.clientWidth),
      height,
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: false, y: false },
        sync: { key: 'live' },
      },
      hooks: {
        setCursor: [({ cursor: { idx } }) => hover(idx == null ? undefined : Math.min(idx, WINDOW_S))],
      },
      ...options,
    },
    stepData(...CLASSES.map(() => SECONDS_AGO.map(() => 0))),
    parent,
  );
  new ResizeObserver(() => plot.setSize({ width: Math.max(1, parent.clientWidth), height })).observe(parent);
  return plot;
}

function plotOf(
  plot: uPlot,
  toSeries: (columns: readonly (readonly number[])[]) => (number | null)[][],
): Plot {
  return {
    draw: (columns) => plot.setData(stepData(...toSeries(columns))),
    redraw: () => plot.redraw(),
  };
}
