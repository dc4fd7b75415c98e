import { expect, it } from 'vitest';
import {
  bodyBytes,
  fieldLines,
  type RequestVector,
  requestVectors,
} from '../../canonical/test/support/vectors.js';
import type { Judgement } from '../src/verify/judgement.js';
import { runHere } from './support/run-here.js';

/** The request of a vector as it goes over the wire. */
function recordingOf(vector: RequestVector): Buffer {
  const body = bodyBytes(vector);
  const lines = fieldLines(vector).map(([name, value]) => `${name}: ${value}\r\n`);
  const framed = vector.headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  if (!framed) lines.push(`Content-Length: ${body.length}\r\n`);
  const head = `${vector.method} ${vector.target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function wordsOf({ accept, requireSigned = [], header }: RequestVector): string[] {
  const audiences = accept === undefined ? [] : [accept].flat();
  // A list of one is another policy than a name; the command line has no word for it.
  return [
    ...['verify', '-', '--json'],
    ...audiences.flatMap((name) => ['--audience', name]),
    ...requireSigned.flatMap((name) => ['--require-signed', name]),
    ...(header === undefined ? [] : ['--header', header]),
  ];
}

const isListOfOne = ({ accept }: RequestVector) => Array.isArray(accept) && accept.length === 1;
/** Not so: what no octet of a socket carries, what is a field of HTTP/2 alone, what every HTTP parser trims. */
const isSendable = (vector: RequestVector) =>
  !(vector.refused !== undefined && fieldLines(vector).some(([, value]) => /^[ \t]|[ \t]$/.test(value))) &&
  !/^ | $| {2}/.test(`${vector.method} ${vector.target}`) &&
  !/[^\0-\xff]/.test(JSON.stringify([vector.method, vector.target, fieldLines(vector)])) &&
  !fieldLines(vector).some(([name]) => name.startsWith(':'));

/** The adapter leaves out what no application on Node can see. */
const INVISIBLE = 'headers: __proto__ and constructor are names as any other';

const vectors = requestVectors().filter(
  (vector) => isSendable(vector) && !isListOfOne(vector) && vector.name !== INVISIBLE,
);

it('judges the recording of every published vector as the vector says, or Node refuses it before', async () => {
  const counts = { verified: 0, refused: 0, beforeVerifier: 0 };
  const wellFormed: string[] = [];
  for (const vector of vectors) {
    const { name, keyId, secret, canonical, refused } = vector;
    const { status, stdout, stderr } = await runHere(wordsOf(vector), {
      env: { COUNTERSIGN_KEY_ID: keyId, COUNTERSIGN_SECRET: secret },
      input: recordingOf(vector),
    });
    if (status === 2) {
      expect(stderr, name).toMatch(/^countersign: standard input: .+\n$/);
      counts.beforeVerifier++;
      if (refused === undefined) wellFormed.push(`${name}: ${stderr.split(': ').slice(2).join(': ').trim()}`);
      continue;
    }
    const judgement: Judgement & { notes: readonly string[] } = JSON.parse(stdout);
    const [first] = judgement.steps;
    if (refused === undefined) {
      expect(judgement, name).toMatchObject({ verified: true, canonical });
      expect(
        judgement.steps.map(({ outcome }) => outcome),
        name,
      ).toEqual([...Array(6).fill('passed'), 'not judged']);
      expect(status, name).toBe(0);
      counts.verified++;
    } else {
      expect([first?.code, first?.outcome, status], name).toEqual([refused, 'refused', 1]);
      expect(
        judgement.steps.slice(1).every(({ outcome }) => outcome === 'not reached'),
        name,
      ).toBe(true);
      counts.refused++;
    }
  }
  expect(wellFormed.filter((line) => !/knows no method "[A-Z-]+"$/.test(line))).toEqual([
    "headers: an unsigned field name in UTF-8 is no concern: Node's HTTP parser, and so a Node server, refuses it before any verifier: Invalid header token",
  ]);
  expect(counts.verified).toBeGreaterThan(240);
  expect(counts.refused).toBeGreaterThan(300);
  expect(counts.beforeVerifier).toBeLessThan(80);
});
