import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRate, type Rate } from '../src/rate.js';

const UNITS = {
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
};

describe('rates', () => {
  it('reads every spelling of the grammar', () => {
    const unit = fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[]));
    const spaces = fc.constantFrom('', ' ', '  ');
    const input = fc.record({
      count: fc.integer({ min: 1, max: 1_000_000_000 }),
      multiple: fc.option(fc.integer({ min: 1, max: 366 }), { nil: undefined }),
      unit,
      separator: fc.constantFrom('/', ' / ', ' per '),
      before: spaces,
      between: spaces,
      after: spaces,
    });
    fc.assert(
      fc.property(input, ({ count, multiple, unit, separator, before, between, after }) => {
        const text = `${before}${count}${separator}${multiple === undefined ? '' : multiple + between}${unit}${after}`;
        expect(parseRate(text, 'limits')).toEqual({
          limit: count,
          windowMs: (multiple ?? 1) * UNITS[unit] * 1000,
        });
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '5/month',
    '5/mo',
    '5/ms',
    '5/M',
    '0/m',
    '-5/m',
    '05/m',
    '1.5/m',
    '1e3/m',
    '5',
    '/m',
    '5/0 m',
    '5//m',
    '5/m/m',
    '5/m,',
    '5 m',
    '5perm',
    '5/m\n',
    '５/m',
    '10000000000/m',
    '1000000001/m',
    '5/367d',
    '5/8785h',
    '5/week',
    '',
  ])('a rate of `5/month` read as five a minute: %j is an error and no guess', (text) => {
    expect(() => parseRate(text, 'limits["orders"]')).toThrow(RangeError);
    expect(() => parseRate(text, 'limits["orders"]')).toThrow(/^limits\["orders"\]: /);
  });

  it.each([
    [
      '5/month',
      'limits["orders"]: "5/month" is not a rate; write N/unit or N/K unit, with a unit of s, m, h or d, e.g. "100/m"',
    ],
    [
      5,
      'limits["orders"]: 5 is not a rate; write N/unit or N/K unit, with a unit of s, m, h or d, e.g. "100/m"',
    ],
    ['1000000001/m', 'limits["orders"]: "1000000001/m" is over 1000000000 units or 366 days'],
    ['1/367 days', 'limits["orders"]: "1/367 days" is over 1000000000 units or 366 days'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseRate(text as string, 'limits["orders"]')).toThrow(new RangeError(message));
  });

  it.each([[['5/m']], [{ toString: (): string => '5/m' }], [null]])(
    'takes no rate from %j, which is no text',
    (rate) => {
      expect(() => Reflect.apply(parseRate, undefined, [rate, 'limits'])).toThrow(
        /^limits: .* is not a rate/s,
      );
    },
  );

  it('takes a thousand million units, and 366 days', () => {
    expect(parseRate('1000000000/366d', 'limits')).toEqual({ limit: 1e9, windowMs: 366 * 86_400_000 });
  });

  it('does not compile a wrong literal', () => {
    const right: Rate[] = ['100/m', '5 per minute', '5/10 s', '5 per 2 hours', '5/10s'];
    // @ts-expect-error a month is no unit
    const month: Rate = '5/month';
    // @ts-expect-error there is no window
    const bare: Rate = '5';
    for (const rate of right) expect(() => parseRate(rate, 'limits')).not.toThrow();
    for (const rate of [month, bare]) expect(() => parseRate(rate, 'limits')).toThrow(RangeError);
  });
});
