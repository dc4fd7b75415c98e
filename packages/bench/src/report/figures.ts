/** How figures are written: three digits that matter, thousands apart. */
import type { Comparison, Row } from '../results.js';

export function figure(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** A ratio: times where less is better, a share where more is. Empty where there is none. */
export function ratioText({ better }: Pick<Comparison, 'better'>, { ratio }: Pick<Row, 'ratio'>): string {
  if (ratio === undefined) return '';
  return better === 'less' ? `${ratio.toFixed(2)} ×` : `${(100 * ratio).toFixed(0)} %`;
}
