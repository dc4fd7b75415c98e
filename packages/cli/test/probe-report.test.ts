/** Reports: for people, and for pipelines that read JUnit. */
import { describe, expect, it } from 'vitest';
import { type Finding, type ProbeReport, summarize } from '../src/probe/report.js';
import { junitReport } from '../src/probe/report-junit.js';
import { textReport } from '../src/probe/report-text.js';
import { painter } from '../src/terminal/paint.js';

const FINDINGS: readonly Finding[] = [
  { id: 'unsigned', group: 'strangers', attack: 'No signature.', outcome: 'refused', reason: '2 × 401' },
  {
    id: 'replay-at-once',
    group: 'replay',
    attack: 'Played back.',
    catalogue: 'a line of the catalogue',
    outcome: 'got-through',
    reason: 'as it is: accepted',
    evidence: {
      variant: 'as it is',
      sent: 'GET / HTTP/1.1\nHost: a\n\n<body>&\u0000',
      status: 200,
      answer: 'hello\u001b[2J]]>\n',
    },
  },
  { id: 'limit-ids', group: 'limits', attack: 'Ids.', outcome: 'not-tried', reason: 'give --limit' },
];
const REPORT: ProbeReport = {
  target: 'GET http://a/',
  startedAt: '2026-11-22T00:00:00.000Z',
  requestsSent: 7,
  findings: FINDINGS,
  summary: summarize(FINDINGS),
};

describe('a report for people', () => {
  it('shows holes first with what was sent and answered, then what was not tried, then the rest', () => {
    expect(textReport(REPORT, painter({ colour: false })).split('\n')).toEqual([
      'GET http://a/',
      '',
      'Got through',
      '  replay',
      '    ✗ replay-at-once  as it is: accepted',
      '        Played back.',
      '        catalogue: a line of the catalogue',
      '        > GET / HTTP/1.1',
      '        > Host: a',
      '        > ',
      '        > <body>&·',
      '        < 200 hello·[2J]]>',
      '',
      'Not tried, or not decided',
      '  limits',
      '    – limit-ids       give --limit',
      '',
      'Refused',
      '  strangers',
      '    ✓ unsigned        2 × 401',
      '',
      '1 got through, 1 refused, 1 not tried; 7 requests',
      '',
    ]);
  });

  it('is coloured where there is colour, and leaves no other control character of an answer', () => {
    const text = textReport(REPORT, painter({ colour: true }));
    expect(text).toContain('\u001b[31m✗\u001b[39m');
    expect(text.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('a report as JUnit', () => {
  const xml = junitReport(REPORT);

  it('counts a hole as a failure and what was not tried as skipped', () => {
    expect(xml).toContain('<testsuites tests="3" failures="1" errors="0" skipped="1">');
    expect(xml).toMatch(
      /<testcase classname="probe.replay" name="replay-at-once">\s*<failure message="as it is: accepted" type="got-through"\/>/,
    );
    expect(xml).toMatch(/name="limit-ids">\s*<skipped\/>/);
    expect(xml).toMatch(/name="unsigned">\s*<system-out>/);
  });

  it('holds evidence that XML can hold', () => {
    expect(xml).toContain('<body>&·');
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    expect(xml.match(/]]>/g)?.length).toBe(xml.match(/<!\[CDATA\[/g)?.length);
  });
});
