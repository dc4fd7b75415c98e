/** Large bodies against SHA-256 alone: the whole call, and what the body adds to a call without one. */
import { rowsOf, type Subject, takeTurns, timed } from '../alternate.js';
import type { Extent } from '../extent.js';
import { type Body, orderBody } from '../order-request.js';
import type { Comparison, Measured, Row } from '../results.js';
import { signWithCountersign, verifyWithCountersign } from '../subjects/countersign.js';
import { sha256Alone } from '../subjects/floor.js';
import { SIZE_NAMES } from './sign.js';

export async function measureBodies(extent: Extent): Promise<Measured> {
  const comparisons: Comparison[] = [];
  const figures: Record<string, number> = {};
  const short = subjects(orderBody('none'), extent);
  for (const size of ['16k', '1m'] as const) {
    const long = subjects(orderBody(size), extent);
    const table = await takeTurns([...long, ...short], extent);
    const added = long.map((_, index) =>
      (table[index] ?? []).map(
        (tookUs, round) => tookUs - (table[long.length + index]?.[round] ?? Number.NaN),
      ),
    );
    const kinds: readonly [kind: string, title: string, rows: readonly Row[]][] = [
      ['whole', 'the whole call against SHA-256 alone', rowsOf(long, table)],
      ['added', 'what the body adds to a call without one', rowsOf(long, added)],
    ];
    for (const [kind, title, rows] of kinds) {
      comparisons.push({
        id: `body-${size}-${kind}`,
        title: `${SIZE_NAMES[size]}: ${title}`,
        unit: 'µs',
        better: 'less',
        rows,
      });
      figures[`body-${size}-${kind}`] = Math.max(...rows.map(({ ratio = Number.NaN }) => ratio));
    }
  }
  return { comparisons, figures };
}

function subjects(body: Body, extent: Extent): readonly Subject[] {
  return [
    timed(sha256Alone(body), extent),
    { ...timed(signWithCountersign(body, 'bytes'), extent), name: 'sign' },
    { ...timed(verifyWithCountersign(body), extent), name: 'verify and admit' },
  ];
}
