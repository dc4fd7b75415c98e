/** Every part in its tiny form, as `npm run bench` runs it: in a process of its own, with real servers. */
import { describe, expect, it } from 'vitest';
import { runPart } from '../src/part-process.js';
import { PARTS } from '../src/parts/index.js';
import { document } from '../src/report/document.js';
import { picture } from '../src/report/picture.js';
import { comparisonTable } from '../src/report/tables.js';
import { judge, TARGETS } from '../src/report/targets.js';
import type { Comparison, Measured } from '../src/results.js';

const PEERS = {
  sign: [
    'hawk',
    'aws4',
    '@smithy/signature-v4',
    'aws4fetch',
    'http-message-signatures',
    'standardwebhooks',
    'hmac-auth-express',
  ],
  verify: [
    'hawk',
    'hawk + Map + rate-limiter-flexible',
    'http-message-signatures',
    'hmac-auth-express',
    'standardwebhooks',
  ],
  admit: ['Map + rate-limiter-flexible', 'Map + express-rate-limit', 'Map + hono-rate-limiter'],
  hono: ['hawk + Map + rate-limiter-flexible', 'hawk + Map + hono-rate-limiter'],
  express: ['hawk + Map + rate-limiter-flexible', 'hawk + Map + express-rate-limit'],
  redis: ['SET NX, then rate-limiter-flexible', 'SET NX, then @upstash/ratelimit'],
};

const measured = new Map<string, Measured>();

describe.concurrent('every part, next to nothing of it', () => {
  it.each([...PARTS.keys()])('measures %s', async (name) => {
    const part = await runPart(name, { extent: 'tiny' });
    measured.set(name, part);
    expect(part.comparisons.length).toBeGreaterThan(0);
    for (const { rows } of part.comparisons) {
      expect(rows.map(({ role }) => role)).toContain('us');
      for (const { value, low, high, ratio = 1 } of rows) {
        expect([value, low, high, ratio].every(Number.isFinite)).toBe(true);
      }
    }
  });
});

describe('what they measured', () => {
  it.each(Object.entries(PEERS))('has a row for every peer in %s', (name, peers) => {
    const comparisons = measured.get(name)?.comparisons ?? [];
    expect(comparisons.length).toBeGreaterThan(0);
    for (const { rows } of comparisons) {
      expect(rows.filter(({ role }) => role === 'peer').map((row) => row.name)).toEqual(peers);
    }
  });

  it('has a figure for every target, and a page with every table and a picture of every comparison', async () => {
    const comparisons = [...measured.values()].flatMap((part) => part.comparisons);
    const figures = Object.assign({}, ...[...measured.values()].map((part) => part.figures));
    expect(judge(figures)).toHaveLength(TARGETS.length);
    expect(new Set(comparisons.map(({ id }) => id)).size).toBe(comparisons.length);
    const all: Measured = { comparisons, figures };
    const page = document({
      template: '{{machine}} {{parts}}\n{{targets}}\n{{comparisons}}\n{{node24}}\n<!-- notes: by hand -->\n',
      previous: 'written before\n<!-- notes: by hand -->\nkept',
      machine: 'here',
      parts: [...PARTS.keys()],
      measured: all,
      versions: new Map([
        ['20', all],
        ['24', all],
      ]),
    });
    for (const comparison of comparisons) {
      expect(page).toContain(comparisonTable(comparison));
      expect(page).toContain(`(benchmarks/${comparison.id}.svg)`);
      const svg = await picture(comparison);
      for (const { name } of comparison.rows) expect(svg).toContain(name.replace('&', '&amp;'));
    }
    for (const { what } of TARGETS) expect(page).toContain(what);
    expect(page).not.toContain('written before');
    expect(page.endsWith('<!-- notes: by hand -->\nkept')).toBe(true);
  });
});

describe('a target', () => {
  it('is reached at its limit and not beyond it', () => {
    expect(judge({ sign: 1.5, hono: 0.78 }).map(({ reached }) => reached)).toEqual([true, true]);
    expect(judge({ sign: 1.51, hono: 0.77 }).map(({ reached }) => reached)).toEqual([false, false]);
  });
});

describe('a picture', () => {
  it('draws more than sixtyfold differences on a logarithmic scale, and says so', async () => {
    const row = { role: 'peer', low: 1, high: 1, ratio: 1 } as const;
    const comparison: Comparison = {
      id: 'x',
      title: 'X',
      unit: 'µs',
      better: 'less',
      rows: [
        { ...row, name: 'a', value: 1 },
        { ...row, name: 'b', value: 100 },
      ],
    };
    expect(await picture(comparison)).toContain('logarithmic');
    const near = comparison.rows.map((each) => ({ ...each, value: each.value / 10 + 1 }));
    expect(await picture({ ...comparison, rows: near })).not.toContain('logarithmic');
  });
});
