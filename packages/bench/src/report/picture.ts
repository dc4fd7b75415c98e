/** A comparison as an SVG picture: a bar for each row, its quartiles as a line, its value and ratio beside it. */
import { parse, type Spec, View } from 'vega';
import type { Comparison, Role } from '../results.js';
import { figure, ratioText } from './figures.js';

const COLOURS: Readonly<Record<Role, string>> = { us: '#0b6e69', peer: '#b8bec6', floor: '#4a5560' };
const WIDTH = 460;
const STEP = 30;
/** Of a letter, on average, in the size of the names. */
const NAME_WIDTH = 7.2;
const FONT = 'system-ui, -apple-system, Segoe UI, sans-serif';
/** With more between the first and the last, bars are drawn on a logarithmic scale. */
const LINEAR_RATIO = 60;

export async function picture(comparison: Comparison): Promise<string> {
  const view = new View(parse(specOf(comparison)), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

function powersOfTen(from: number, to: number): number[] {
  return from > to ? [from] : [from, ...powersOfTen(from * 10, to)];
}

function specOf(comparison: Comparison): Spec {
  const { title, unit, better } = comparison;
  const rows = comparison.rows.map((row) => ({
    ...row,
    colour: COLOURS[row.role],
    weight: row.role === 'us' ? 'bold' : 'normal',
    text: [figure(row.value), ratioText(comparison, row)].filter((part) => part !== '').join(' · '),
  }));
  const left = 24 + NAME_WIDTH * Math.max(...rows.map(({ name }) => name.length));
  const values = rows.map(({ value }) => value);
  const least = Math.min(...values);
  const logarithmic = least > 0 && Math.max(...values) / least > LINEAR_RATIO;
  const start = logarithmic ? 10 ** Math.floor(Math.log10(least)) : 0;
  const scale = logarithmic ? ', logarithmic scale' : '';
  const bar = { scale: 'row', band: 1 };
  return {
    width: WIDTH,
    height: STEP * rows.length,
    padding: { left, top: 56, right: 130, bottom: 28 },
    // Without a canvas text is measured too wide, so the room for it is set here.
    autosize: 'none',
    background: '#ffffff',
    config: { axis: { labelFont: FONT, titleFont: FONT }, title: { font: FONT, subtitleFont: FONT } },
    title: {
      text: title,
      subtitle: `${unit}, ${better} is better${scale}`,
      anchor: 'start',
      frame: 'group',
      dx: 8 - left,
      fontSize: 14,
      subtitleColor: '#4a5560',
      offset: 12,
    },
    data: [{ name: 'rows', values: rows }],
    scales: [
      { name: 'row', type: 'band', domain: { data: 'rows', field: 'name' }, range: 'height', padding: 0.28 },
      {
        name: 'value',
        type: logarithmic ? 'log' : 'linear',
        domain: { data: 'rows', fields: ['value', 'high'] },
        domainMin: start,
        range: 'width',
        nice: true,
      },
      {
        name: 'weight',
        type: 'ordinal',
        domain: { data: 'rows', field: 'name' },
        range: rows.map(({ weight }) => weight),
      },
    ],
    axes: [
      {
        orient: 'bottom',
        scale: 'value',
        grid: true,
        gridColor: '#e6e9ec',
        domain: false,
        ticks: false,
        ...(logarithmic ? { values: powersOfTen(start, Math.max(...values)) } : { tickCount: 5 }),
        format: ',~r',
        labelColor: '#4a5560',
      },
      {
        orient: 'left',
        scale: 'row',
        domain: false,
        ticks: false,
        labelFontSize: 12,
        labelLimit: 1_000,
        labelPadding: 8,
        encode: {
          labels: { update: { fontWeight: { scale: 'weight', field: 'value' } } },
        },
      },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'rows' },
        encode: {
          update: {
            y: { scale: 'row', field: 'name' },
            height: bar,
            x: { scale: 'value', value: start },
            x2: { scale: 'value', field: 'value' },
            fill: { field: 'colour' },
          },
        },
      },
      {
        type: 'rule',
        from: { data: 'rows' },
        encode: {
          update: {
            y: { scale: 'row', field: 'name', band: 0.5 },
            x: { scale: 'value', field: 'low' },
            x2: { scale: 'value', field: 'high' },
            stroke: { value: '#1b1f24' },
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'rows' },
        encode: {
          update: {
            y: { scale: 'row', field: 'name', band: 0.5 },
            x: { signal: "max(scale('value', datum.value), scale('value', datum.high))", offset: 6 },
            text: { field: 'text' },
            baseline: { value: 'middle' },
            font: { value: FONT },
            fontSize: { value: 12 },
            fontWeight: { field: 'weight' },
          },
        },
      },
    ],
  };
}
