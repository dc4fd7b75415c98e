/** The fuzz campaign: each part finds nothing in what is there, and finds what is wrong with something that is broken. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRequest, requestPolicy } from '@countersign/canonical';
import { createSigner } from '@countersign/client';
import { createVerifier, keyring } from '@countersign/server';
import { TEST_AUDIENCE, TEST_SECRET } from '@countersign/testkit';
import { describe, expect, it } from 'vitest';
import { answersPart, type CreateFetch } from '../src/fuzz/answers.js';
import { headsPart, type Verify } from '../src/fuzz/heads.js';
import { mutantsPart } from '../src/fuzz/mutants.js';
import { SIGNED_AT_MS } from '../src/fuzz/originals.js';
import type { Part } from '../src/fuzz/part.js';
import { formatReport } from '../src/fuzz/report.js';
import { socketsPart, startFuzzedServer } from '../src/fuzz/sockets.js';
import { READERS, type Reader, textsPart } from '../src/fuzz/texts.js';
import { writeBetween } from '../src/page.js';

const SEED = 20_261_122;
const FUZZ = fileURLToPath(new URL('../dist/fuzz/main.js', import.meta.url));
const BROKEN = fileURLToPath(new URL('./fuzzed/broken-server.mjs', import.meta.url));

function verifier(): Verify {
  const { verify } = createVerifier({
    keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['*'] } }),
    audience: TEST_AUDIENCE,
    now: () => SIGNED_AT_MS,
    store: { admit: () => ({ outcome: 'admitted', levels: [] }) },
    failures: { limit: 1_000_000 },
  });
  return verify;
}

async function findings(part: Part, inputs = 1_500): Promise<string> {
  return (await part.run(inputs, SEED, () => {})).findings.join('\n');
}

describe('the parts find nothing in what is there, and reach what they are about', () => {
  it.each([
    [
      headsPart(),
      3_000,
      ['admitted', 'invalid-signature', 'digest-mismatch', 'stale-timestamp', 'wrong-audience'],
    ],
    [
      mutantsPart(),
      3_000,
      ['admitted, unchanged in what is covered', 'invalid-signature', 'malformed-request'],
    ],
    [
      textsPart(),
      6_000,
      Object.keys(READERS).flatMap((name) => (name === 'openVerdict' ? [] : [`${name}: read`])),
    ],
    [answersPart(), 400, ['OutcomeUnknownError', 'response 429', 'response 200']],
    [
      socketsPart(() => startFuzzedServer(FUZZ)),
      300,
      ['hono: 200', 'express: 200', 'hono: 401', 'express: 400'],
    ],
  ])('$name', async (part, inputs, reached) => {
    const result = await part.run(inputs, SEED, () => {});
    expect(result.findings).toEqual([]);
    expect(result.inputs).toBe(inputs);
    expect(Object.keys(result.outcomes)).toEqual(expect.arrayContaining(reached));
  });
});

describe('a part finds', () => {
  it('a verifier that throws', async () => {
    const verify = verifier();
    const throws: Verify = (head, route) => {
      if (head.target.includes('\0')) throw new Error('a zero byte');
      return verify(head, route);
    };
    expect(await findings(headsPart(() => throws))).toContain('a zero byte');
  });

  it('a verifier that admits twice', async () => {
    const admitted = createVerifier({
      keys: keyring({ key_1: { secret: TEST_SECRET, scopes: ['*'] } }),
      audience: TEST_AUDIENCE,
      now: () => SIGNED_AT_MS,
    }).verify;
    let last: ReturnType<Verify> | undefined;
    const twice: Verify = (head, route) => {
      const verdict = admitted(head, route);
      if (!(verdict instanceof Promise) && verdict.ok) last = verdict;
      return last ?? verdict;
    };
    expect(await findings(headsPart(() => twice))).toContain('was admitted before');
  });

  it('a verifier that does not look at the body', async () => {
    const verify = verifier();
    const right = new TextEncoder().encode('{"amount":1299}');
    const careless: Verify = (head, route) => {
      const verdict = verify(head, route);
      return verdict instanceof Promise || verdict.ok || verdict.code !== 'digest-mismatch'
        ? verdict
        : verify(head, { ...route, body: right });
    };
    expect(await findings(mutantsPart(() => careless))).toContain('admitted with another body');
  });

  it('a verifier that leaves the MAC out', async () => {
    const verify = verifier();
    const policy = requestPolicy({ audience: TEST_AUDIENCE });
    const careless: Verify = (head, route) => {
      const verdict = verify(head, route);
      if (verdict instanceof Promise || verdict.ok || verdict.code !== 'invalid-signature') return verdict;
      const { parts } = readRequest({ ...head, headers: head.headers }, policy);
      return { ok: true, request: parts } as unknown as typeof verdict;
    };
    expect(await findings(mutantsPart(() => careless))).toMatch(/admitted with another (meaning|body)/);
  });

  it('a reader that is too kind', async () => {
    const right = READERS['parseAuthorization']?.right ?? '';
    const trims: Reader = {
      right: ` ${right}`,
      read: (text) => {
        const kind = text.replace(/^ /, '');
        const read = READERS['parseAuthorization']?.read(kind) ?? '';
        if (read === 'read' && kind !== text) throw new Error('not as it was read');
        return 'read';
      },
    };
    expect(await findings(textsPart({ trims }))).toContain('not as it was read');
  });

  it('a client that signs again after any refusal', async () => {
    const signer = createSigner({ keyId: 'key_1', secret: TEST_SECRET, now: () => SIGNED_AT_MS });
    const careless = ((_, options) => async (url, init) => {
      const send = options?.fetch ?? globalThis.fetch;
      const once = () =>
        send(String(url), { ...init, headers: signer.sign({ method: 'GET', url: String(url) }) }).catch(
          () => undefined,
        );
      return (await once()) ?? (await once()) ?? new Response();
    }) as CreateFetch;
    expect(await findings(answersPart(careless))).toContain('2 signatures');
  });

  it.each([
    ['500', 'answered 500'],
    ['meaning', 'handled what nobody signed'],
    ['crash', 'not caught'],
  ])('a server that is broken: %s', async (fault, finding) => {
    process.env['FAULT'] = fault;
    const part = socketsPart(() => startFuzzedServer(BROKEN));
    expect(await findings(part, 60)).toContain(finding);
  });
});

describe('the report', () => {
  const part = { name: 'heads', about: 'whole requests' };
  const result = {
    inputs: 1_200,
    outcomes: { admitted: 200, 'stale-timestamp': 1_000 },
    findings: ['heads: seed 7'],
  };
  const report = formatReport({
    parts: [part],
    results: new Map([['heads', result]]),
    seed: 5,
    seconds: 61,
    date: '2026-11-22',
  });

  it('says how many inputs there were, how they ended and what was found', () => {
    expect(report).toContain('1,200 inputs on 2026-11-22, seed 5, in 1 min: **1 findings**');
    expect(report).toContain('| heads | stale-timestamp 1,000, admitted 200 |');
    expect(report).toContain('heads: seed 7');
  });

  it('takes the place of the one before in its page, and of nothing else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-fuzz-'));
    const path = join(folder, 'page.md');
    writeFileSync(
      path,
      '# Page\n\n<!-- written by npm run fuzz -->\nold\n<!-- /written by npm run fuzz -->\n\nend\n',
    );
    writeBetween(path, 'npm run fuzz', 'new');
    expect(readFileSync(path, 'utf8')).toBe(
      '# Page\n\n<!-- written by npm run fuzz -->\n\nnew\n\n<!-- /written by npm run fuzz -->\n\nend\n',
    );
    rmSync(folder, { recursive: true });
  });
});
