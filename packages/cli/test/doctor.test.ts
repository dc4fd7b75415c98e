/** `countersign doctor`: proxies that change requests, between it and real echo routes; each change is named with its fix. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createSigner } from '@countersign/client';
import { countersign, echo as expressEcho } from '@countersign/express';
import { echo as honoEcho } from '@countersign/hono';
import { createVerifier, keyring } from '@countersign/server';
import { echo } from '@countersign/server/adapter';
import { createAdaptorServer } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificate,
  fieldOf,
  listen,
  type Passed,
  proxyTo,
  type Transform,
  withBody,
  withField,
} from './proxies/proxy.js';
import { runCli } from './support/run-cli.js';
import { runHere } from './support/run-here.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  url: string;
  requests: number;
  ok: boolean;
  findings: {
    effect: 'breaks' | 'option' | 'harmless';
    what: string;
    how: string;
    advice: string;
    option?: { of: string[]; name: string; value: string | number };
    requests: { about: string; sent?: string; arrived?: string }[];
  }[];
}

/** On a busy machine it takes over a second, and says how far it is. */
const withoutProgress = (stderr: string): string => stderr.replace(/^doctor: \d+ of \d+ requests\n/, '');

async function doctor(url: string, ...words: string[]) {
  const run = await runHere(['doctor', url, '--json', ...words]);
  expect(withoutProgress(run.stderr)).toBe('');
  return { status: run.status, report: JSON.parse(run.stdout) as Report };
}

const SERVERS: Record<string, () => Promise<number>> = {
  'node:http': () => listen(createServer(echo)),
  Express: () => listen(createServer(express().use('/echo', expressEcho))),
  Hono: () =>
    listen(
      createAdaptorServer({ fetch: new Hono().all('/echo/*', honoEcho).fetch }) as ReturnType<
        typeof createServer
      >,
    ),
};

const path = (target: string): string => target.split('?', 1)[0] ?? '';
const query = (target: string): string => target.slice(path(target).length);

/** What a proxy does, what it is called, which option makes up for it (if one does), and how many requests it concerns. */
interface Fault {
  readonly transform: Transform;
  readonly effect: 'breaks' | 'option' | 'harmless';
  readonly what: string;
  readonly how: RegExp;
  readonly advice: RegExp;
  readonly option?: object;
  readonly about?: readonly string[];
}

const FAULTS: Record<string, Fault> = {
  'rewrites Host': {
    transform: (passed) => ({
      ...passed,
      headers: withField(passed.headers, 'Host', 'orders.internal:3000'),
    }),
    effect: 'option',
    what: 'Host',
    how: /^127\.0\.0\.1:\d+ becomes orders\.internal:3000$/,
    advice: /Host is then not looked at/,
    option: { of: ['createVerifier'], name: 'audience', value: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
  },
  'writes Host twice': {
    transform: (passed) => ({
      ...passed,
      headers: [['Host', fieldOf(passed, 'host') ?? ''], ...passed.headers],
    }),
    effect: 'option',
    what: 'Host',
    how: /^(127\.0\.0\.1:\d+) becomes \1, \1$/,
    advice: /Host is then not looked at/,
    option: { of: ['createVerifier'], name: 'audience', value: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
  },
  'writes the signature twice': {
    transform: (passed) => {
      const value = fieldOf(passed, 'authorization');
      return value === undefined
        ? passed
        : { ...passed, headers: [...passed.headers, ['Authorization', value]] };
    },
    effect: 'option',
    what: 'field authorization',
    how: /^it stands on 2 lines$/,
    advice: /carry the signature in a field that arrives/,
    option: { of: ['createSigner', 'createVerifier'], name: 'header', value: 'countersign-signature' },
  },
  'adds a prefix': {
    transform: (passed) => ({ ...passed, target: passed.target.replace(/^\/echo/, '/echo/internal/echo') }),
    effect: 'breaks',
    what: 'path',
    how: /gained the prefix|rewritten/,
    advice: /takes no prefix away|as (it|they) came/,
  },
  'decodes the path': {
    transform: (passed) => ({
      ...passed,
      target: path(passed.target).replace(/%2[fb]/gi, decodeURIComponent) + query(passed.target),
    }),
    effect: 'breaks',
    what: 'path',
    how: /decoded or encoded again/,
    advice: /pass the path and query on as they came/,
    about: ['a path with %2F, %3F and %23', 'a path with %20, + and %2B', 'a path with lower-case escapes'],
  },
  'merges slashes': {
    transform: (passed) => ({
      ...passed,
      target: path(passed.target).replace(/\/+/g, '/') + query(passed.target),
    }),
    effect: 'breaks',
    what: 'path',
    how: /^slashes that follow each other are merged$/,
    advice: /as they came/,
    about: ['a path with two slashes'],
  },
  'removes the slash at the end': {
    transform: (passed) => ({
      ...passed,
      target: path(passed.target).replace(/\/$/, '') + query(passed.target),
    }),
    effect: 'breaks',
    what: 'path',
    how: /trailing slash/,
    advice: /as they came/,
    about: ['a path that ends in a slash'],
  },
  'lower-cases the path': {
    transform: (passed) => ({ ...passed, target: path(passed.target).toLowerCase() + query(passed.target) }),
    effect: 'breaks',
    what: 'path',
    how: /case of the path/,
    advice: /as they came/,
  },
  'lower-cases escapes': {
    transform: (passed) => ({
      ...passed,
      target: passed.target.replace(/%../g, (escaped) => escaped.toLowerCase()),
    }),
    effect: 'harmless',
    what: 'path',
    how: /^it is spelled differently$/,
    advice: /canonical form is the same/,
  },
  'decodes what needs no escape': {
    transform: (passed) => ({ ...passed, target: passed.target.replace('%7E', '~').replace('%41', 'A') }),
    effect: 'harmless',
    what: 'path',
    how: /^it is spelled differently$/,
    advice: /canonical form is the same/,
    about: ['a path with escapes that are not needed'],
  },
  'sorts the query': {
    transform: (passed) => {
      const pieces = query(passed.target).slice(1).split('&').sort();
      return { ...passed, target: path(passed.target) + (query(passed.target) && `?${pieces.join('&')}`) };
    },
    effect: 'breaks',
    what: 'query',
    how: /parameters of one name stand in another order/,
    advice: /as they came/,
    about: ['a query with names in any order and repeated names'],
  },
  'parses the query and writes it again': {
    transform: (passed) => {
      const pairs = new URLSearchParams(query(passed.target));
      return { ...passed, target: path(passed.target) + (pairs.size > 0 ? `?${pairs}` : '') };
    },
    effect: 'breaks',
    what: 'query',
    how: /encoded again/,
    advice: /as they came/,
    about: ['a query with +, %20, %2B and other escapes'],
  },
  'drops an empty query': {
    transform: (passed) => ({ ...passed, target: passed.target.replace(/\?$/, '') }),
    effect: 'harmless',
    what: 'query',
    how: /^it is spelled differently$/,
    advice: /canonical form is the same/,
    about: ['an empty query'],
  },
  'drops the query': {
    transform: (passed) => ({ ...passed, target: path(passed.target) }),
    effect: 'breaks',
    what: 'query',
    how: /it was lost/,
    advice: /as they came/,
  },
  'drops If-None-Match': {
    transform: (passed) => ({ ...passed, headers: withField(passed.headers, 'if-none-match', undefined) }),
    effect: 'breaks',
    what: 'field if-none-match',
    how: /^it is removed$/,
    advice: /signed whenever it is present: .*or do not send it/,
    about: ['a conditional GET of a range'],
  },
  'drops fields that it does not know': {
    transform: (passed) => ({
      ...passed,
      headers: passed.headers.filter(([name]) => !/^countersign-/i.test(name)),
    }),
    effect: 'breaks',
    what: 'field countersign-doctor-long',
    how: /^it is removed$/,
    advice: /keep them out of signHeaders and requireSigned/,
    about: ['a long header field'],
  },
  'adds a charset': {
    transform: (passed) =>
      fieldOf(passed, 'content-type') === 'application/json'
        ? { ...passed, headers: withField(passed.headers, 'Content-Type', 'application/json; charset=utf-8') }
        : passed,
    effect: 'breaks',
    what: 'field content-type',
    how: /^its value is changed$/,
    advice: /have the hop leave it alone/,
    about: ['a POST of JSON', 'a POST in gzip', 'a chunked POST'],
  },
  'adds a content type where there is none': {
    transform: (passed) =>
      fieldOf(passed, 'content-type') === undefined
        ? { ...passed, headers: withField(passed.headers, 'Content-Type', 'application/octet-stream') }
        : passed,
    effect: 'breaks',
    what: 'field content-type',
    how: /^it is added$/,
    advice: /a verifier refuses a content-type that is not signed: have the hop not add it/,
  },
  'adds X-Original-URL': {
    transform: (passed) => ({
      ...passed,
      headers: withField(passed.headers, 'X-Original-URL', passed.target),
    }),
    effect: 'breaks',
    what: 'field x-original-url',
    how: /^it is added$/,
    advice: /have the hop not add it/,
  },
  'doubles a field': {
    transform: (passed) => ({
      ...passed,
      headers: passed.headers.flatMap((line) =>
        line[0].toLowerCase() === 'idempotency-key' ? [line, line] : [line],
      ),
    }),
    effect: 'breaks',
    what: 'field idempotency-key',
    how: /^it stands on 2 lines$/,
    advice: /have the hop leave it alone/,
    about: ['a POST of JSON'],
  },
  'adds X-Forwarded-For': {
    transform: (passed) => ({ ...passed, headers: withField(passed.headers, 'X-Forwarded-For', '10.0.0.1') }),
    effect: 'option',
    what: 'field x-forwarded-for',
    how: /has the client’s address/,
    advice: /number of proxies/,
    option: { of: ['countersign'], name: 'proxies', value: 1 },
  },
  'adds a field with a secret': {
    transform: (passed) => ({ ...passed, headers: withField(passed.headers, 'X-Internal-Token', 'hidden') }),
    effect: 'harmless',
    what: 'field x-internal-token',
    how: /^it is added$/,
    advice: /nothing that a signature covers/,
  },
  'drops the signature': {
    transform: (passed) => ({ ...passed, headers: withField(passed.headers, 'authorization', undefined) }),
    effect: 'option',
    what: 'field authorization',
    how: /^it is removed$/,
    advice: /carry the signature in a field that arrives, such as countersign-signature, on both sides/,
    option: { of: ['createSigner', 'createVerifier'], name: 'header', value: 'countersign-signature' },
  },
  'writes a JSON body again': {
    transform: (passed) =>
      fieldOf(passed, 'content-type') === 'application/json' &&
      fieldOf(passed, 'content-encoding') === undefined
        ? withBody(passed, Buffer.from(JSON.stringify(JSON.parse(String(passed.body)))))
        : passed,
    effect: 'breaks',
    what: 'body',
    how: /^its bytes are changed$/,
    advice: /byte for byte/,
    about: ['a POST of JSON', 'a chunked POST'],
  },
  'unzips a body': {
    transform: (passed) => {
      if (fieldOf(passed, 'content-encoding') !== 'gzip') return passed;
      const unzipped = withBody(passed, gunzipSync(passed.body));
      return { ...unzipped, headers: withField(unzipped.headers, 'content-encoding', undefined) };
    },
    effect: 'breaks',
    what: 'body',
    how: /^its content coding is undone$/,
    advice: /byte for byte/,
    about: ['a POST in gzip'],
  },
  'loses bodies of PATCH': {
    transform: (passed) => (passed.method === 'PATCH' ? withBody(passed, Buffer.alloc(0)) : passed),
    effect: 'breaks',
    what: 'body',
    how: /^it is lost$/,
    advice: /byte for byte/,
    about: ['a PATCH of bytes'],
  },
  'collects chunks': {
    transform: (passed) =>
      fieldOf(passed, 'transfer-encoding') === undefined ? passed : withBody(passed, passed.body),
    effect: 'harmless',
    what: 'framing',
    how: /^chunked becomes an announced length$/,
    advice: /not signed/,
    about: ['a chunked POST'],
  },
  'changes the method': {
    transform: (passed) => (passed.method === 'PATCH' ? { ...passed, method: 'POST' } : passed),
    effect: 'breaks',
    what: 'method',
    how: /^PATCH becomes POST$/,
    advice: /have the hop pass the method on/,
    about: ['a PATCH of bytes'],
  },
  'asks by GET for a HEAD': {
    transform: (passed) => (passed.method === 'HEAD' ? { ...passed, method: 'GET' } : passed),
    effect: 'breaks',
    what: 'method',
    how: /^HEAD becomes GET$/,
    advice: /have the hop pass the method on/,
    about: ['a HEAD'],
  },
  'lets no DELETE through': {
    transform: (passed) => (passed.method === 'DELETE' ? 405 : passed),
    effect: 'breaks',
    what: 'request',
    how: /^it is answered with status 405, and not by the echo$/,
    advice: /pass such requests on/,
    about: ['a DELETE'],
  },
  'refuses long fields': {
    transform: (passed) => (JSON.stringify(passed.headers).length > 2000 ? 431 : passed),
    effect: 'breaks',
    what: 'request',
    how: /^it is answered with status 431/,
    advice: /pass such requests on/,
    about: ['a long header field'],
  },
};

/** These are tried before every server, the others before one. */
const EVERYWHERE = [
  'rewrites Host',
  'decodes the path',
  'merges slashes',
  'lower-cases escapes',
  'sorts the query',
  'drops If-None-Match',
  'writes a JSON body again',
  'collects chunks',
  'changes the method',
];

describe.each(Object.keys(SERVERS))('countersign doctor, with the echo on %s', (name) => {
  const serve = SERVERS[name] ?? SERVERS['node:http'];

  it('finds nothing where nothing is changed', async () => {
    const port = await proxyTo((await serve?.()) ?? 0);
    const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`);
    expect(report).toEqual({
      url: `http://127.0.0.1:${port}/echo`,
      requests: expect.any(Number),
      ok: true,
      findings: [],
    });
    expect(report.requests).toBeGreaterThanOrEqual(20);
    expect(status).toBe(0);
  });

  it.each(name === 'node:http' ? Object.keys(FAULTS) : EVERYWHERE)(
    'names a proxy that %s, and what makes up for it',
    async (fault) => {
      const { transform, effect, what, how, advice, option, about } = FAULTS[fault] ?? ({} as Fault);
      const port = await proxyTo((await serve?.()) ?? 0, transform);
      const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`);
      expect(status).toBe(effect === 'breaks' ? 1 : 0);
      expect(report.ok).toBe(effect !== 'breaks');
      const [found] = report.findings.filter((one) => one.what === what && how.test(one.how));
      expect(found, JSON.stringify(report.findings)).toMatchObject({
        effect,
        advice: expect.stringMatching(advice),
      });
      if (option !== undefined) expect(found?.option).toEqual(option);
      else expect(found?.option).toBeUndefined();
      if (about !== undefined) {
        expect(found?.requests.map((one) => one.about)).toEqual(expect.arrayContaining([...about]));
      }
      // No other part is blamed, and nothing that a proxy adds is told.
      const blamed = report.findings.filter((one) => one.effect === 'breaks').map((one) => one.what);
      const beside = fault === 'unzips a body' ? ['field content-encoding'] : [];
      expect(blamed.filter((one) => one !== what)).toEqual(effect === 'breaks' ? beside : []);
      expect(JSON.stringify(report)).not.toMatch(/hidden|10\.0\.0\.1/);
    },
  );
});

describe('countersign doctor', () => {
  let certificate: Certificate;
  beforeAll(() => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', cert];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        ...files,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  });

  it('puts back a prefix that is stripped, and says so once', async () => {
    const strip: Transform = (passed) => ({ ...passed, target: passed.target.replace(/^\/api\/v1/, '') });
    const port = await proxyTo(await listen(createServer(express().use('/echo', expressEcho))), strip);
    const { status, report } = await doctor(`http://127.0.0.1:${port}/api/v1/echo`);
    expect(status).toBe(0);
    expect(report.findings).toEqual([
      {
        effect: 'option',
        what: 'path',
        how: 'its prefix /api/v1 is stripped',
        advice: expect.stringContaining('put back'),
        option: { of: ['countersign'], name: 'prefix', value: '/api/v1' },
        requests: [{ about: 'a plain GET', sent: '/api/v1/echo/plain', arrived: '/echo/plain' }],
      },
    ]);
  });

  it('tells what an option makes up for from what nothing does, where both happen', async () => {
    const changes: Transform = (passed) => ({
      ...passed,
      target: decodeURIComponent(passed.target.replace(/^\/api/, '')).replace(/[^!-~]/g, encodeURIComponent),
      headers: withField(passed.headers, 'Host', 'backend'),
    });
    const port = await proxyTo(await listen(createServer(echo)), changes);
    const { status, stdout } = await runCli(['doctor', `http://127.0.0.1:${port}/api/echo`]);
    expect(status).toBe(1);
    expect(stdout).toContain('/api/echo/a%2Fb%3Fc%23d arrives as ');
    expect(stdout).toMatch(/no option makes up for (it|them)\.\n/);
    expect(stdout).toContain(`  createVerifier({ audience: '127.0.0.1:${port}', … })\n`);
    expect(stdout).toContain("  countersign(verifier, { prefix: '/api', … })\n");
    expect(stdout).not.toContain('\u001b');
  });

  it('writes a report for people', async () => {
    const changes: Transform = (passed) => ({
      ...passed,
      headers: withField(withField(passed.headers, 'Host', 'backend'), 'X-Forwarded-For', '10.0.0.1'),
    });
    const port = await proxyTo(await listen(createServer(echo)), changes);
    const { status, stdout } = await runHere(['doctor', `http://127.0.0.1:${port}/echo`]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      `An option makes up for it\n  Host: 127.0.0.1:${port} becomes backend\n    createVerifier(`,
    );
    expect(stdout).toContain(`    createVerifier({ audience: '127.0.0.1:${port}', … }): one name`);
    expect(stdout).toMatch(
      /Signatures get through, with these options:\n {2}createVerifier\(\{ audience: '[^']+', … \}\)\n {2}countersign\(verifier, \{ proxies: 1, … \}\)\n$/,
    );
  });

  it('names options with which a real verifier admits what it refused without them', async () => {
    const hop: Transform = (passed) => ({
      ...passed,
      target: passed.target.replace(/^\/api/, ''),
      headers: withField(withField(passed.headers, 'Host', 'backend'), 'authorization', undefined),
    });
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const options: Record<string, Record<string, string | number>> = {};
    /** Asks a route behind the hop, with the options that are known so far. */
    const ask = async (listening: (port: number) => void = () => {}): Promise<number> => {
      const app = express().use('/echo', expressEcho);
      const port = await proxyTo(await listen(createServer(app)), hop);
      listening(port);
      const keys = keyring({ partner_1: { secret, scopes: ['orders'] } });
      const verifier = createVerifier({
        audience: [`127.0.0.1:${port}`],
        keys,
        ...options['createVerifier'],
        ...(options['createVerifier']?.['audience'] === undefined ? {} : { audience: `127.0.0.1:${port}` }),
      });
      app.post(
        '/orders',
        countersign(verifier, { scope: 'orders', ...options['countersign'] }),
        (_, response) => {
          response.sendStatus(201);
        },
      );
      const signer = createSigner({ keyId: 'partner_1', secret, ...options['createSigner'] });
      const request = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
      const url = `http://127.0.0.1:${port}/api/orders`;
      const headers = { ...request.headers, ...signer.sign({ ...request, url }) };
      return (await fetch(url, { ...request, headers })).status;
    };
    let found = 0;
    expect(await ask((port) => (found = port))).toBe(401);
    const { status, report } = await doctor(`http://127.0.0.1:${found}/api/echo`);
    expect(status).toBe(0);
    for (const { option } of report.findings) {
      for (const of of option?.of ?? [])
        options[of] = { ...options[of], [option?.name ?? '']: option?.value ?? '' };
    }
    expect(Object.keys(options).sort()).toEqual(['countersign', 'createSigner', 'createVerifier']);
    expect(await ask()).toBe(201);
    // Each of them is needed.
    for (const [of, name] of [
      ['countersign', 'prefix'],
      ['createVerifier', 'audience'],
      ['createVerifier', 'header'],
    ] as const) {
      const kept = { ...options[of] };
      delete options[of]?.[name];
      expect(await ask(), name).not.toBe(201);
      options[of] = kept;
    }
  });

  it('finds out that no field gets a signature through', async () => {
    const strips: Transform = (passed) => ({
      ...passed,
      headers: passed.headers.filter(([, value]) => !value.startsWith('CS1-')),
    });
    const port = await proxyTo(await listen(createServer(echo)), strips);
    const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`);
    expect(status).toBe(1);
    expect(report.findings[0]).toMatchObject({
      effect: 'breaks',
      what: 'field authorization',
      how: 'it is removed',
    });
    expect(report.findings[0]?.requests).toHaveLength(report.requests);
  });

  it('finds out that a proxy puts its own credentials in the place of the signature, and in its way', async () => {
    const replaces: Transform = (passed) => ({
      ...passed,
      headers: withField(passed.headers, 'Authorization', 'Basic aGlkZGVu'),
    });
    const port = await proxyTo(await listen(createServer(echo)), replaces);
    const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`);
    expect(status).toBe(1);
    expect(report.findings.map(({ effect, what, how }) => [effect, what, how])).toEqual([
      ['breaks', 'field authorization', 'it is added'],
      ['option', 'field authorization', 'its value is replaced'],
    ]);
    expect(JSON.stringify(report)).not.toContain('aGlkZGVu');
  });

  it('carries the signature where it is told to', async () => {
    const seen: Passed[] = [];
    const port = await proxyTo(await listen(createServer(echo)), (passed) => {
      seen.push(passed);
      return passed;
    });
    const file = join(folder, 'fields');
    writeFileSync(file, 'X-Api-Key: hidden\n');
    const words = ['--header', 'X-Signature', '-H', `@${file}`, '-H', 'Authorization: Bearer hidden'];
    const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`, ...words);
    expect(report.findings).toEqual([]);
    expect(status).toBe(0);
    for (const passed of seen) {
      expect(fieldOf(passed, 'x-signature')).toMatch(/^CS1-HMAC-SHA256 .*headers="authorization/);
      expect(fieldOf(passed, 'x-api-key')).toBe('hidden');
    }
  });

  it('does not show the values of fields that it was given', async () => {
    const file = join(folder, 'fields');
    writeFileSync(file, 'X-Api-Key: hidden\n');
    const drops: Transform = (passed) => ({
      ...passed,
      headers: withField(passed.headers, 'x-api-key', undefined),
    });
    const port = await proxyTo(await listen(createServer(echo)), drops);
    const { report } = await doctor(`http://127.0.0.1:${port}/echo`, '-H', `@${file}`);
    expect(report.findings.map(({ what, how }) => [what, how])).toEqual([
      ['field x-api-key', 'it is removed'],
    ]);
    expect(JSON.stringify(report)).not.toContain('hidden');
  });

  it('is not taken in by a cache', async () => {
    let kept = '';
    const port = await listen(
      createServer((request, response) => {
        if (kept !== '' && request.method === 'GET') {
          response.end(kept);
          return;
        }
        const end = response.end.bind(response);
        response.end = ((body: string) => {
          kept = body;
          return end(body);
        }) as typeof response.end;
        echo(request, response);
      }),
    );
    const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`);
    expect(status).toBe(1);
    expect(report.findings[0]?.how).toMatch(/a cache gave it/);
  });

  it('says that the answer to a HEAD told nothing, where its field is dropped', async () => {
    const answered = (response: { removeHeader: (name: string) => void }) =>
      response.removeHeader('countersign-echo');
    const port = await proxyTo(await listen(createServer(echo)), undefined, { answered });
    const { status, report } = await doctor(`http://127.0.0.1:${port}/echo`);
    expect(status).toBe(1);
    expect(report.findings.map(({ how, requests }) => [how, requests[0]?.about])).toEqual([
      ['the answer does not say what arrived: its field countersign-echo is missing', 'a HEAD'],
    ]);
  });

  it('takes a certificate that it can trust, and any with --insecure', async () => {
    const port = await proxyTo(await listen(createServer(echo)), undefined, { certificate });
    const url = `https://localhost:${port}/echo`;
    const refused = await runHere(['doctor', url]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^countersign: https:\S+: [^\n]*: --insecure takes any certificate\n$/);
    expect((await doctor(url, '--insecure')).report.findings).toEqual([]);
    const trusted = await runCli(['doctor', url, '--json'], {
      env: { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') },
    });
    expect(trusted.status).toBe(0);
    expect(JSON.parse(trusted.stdout).ok).toBe(true);
  });

  it('says how to mount the handler, in one line, where there is none', async () => {
    const port = await listen(
      createServer((_, response) => response.writeHead(404).end('<h1>not found</h1>')),
    );
    const { status, stdout, stderr } = await runHere(['doctor', `http://127.0.0.1:${port}/v1/echo/`]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^countersign: http:\S+ answers with status 404 and no echo: mount the handler [^\n]*app\.use\('\/v1\/echo', echo\)[^\n]*app\.all\('\/v1\/echo\/\*', echo\)[^\n]*\n$/,
    );
  });

  it('says where a redirect leads', async () => {
    const port = await listen(
      createServer((_, response) => response.writeHead(301, { location: 'https://elsewhere/echo' }).end()),
    );
    const { status, stderr } = await runHere(['doctor', `http://127.0.0.1:${port}/echo`]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^countersign: [^\n]* redirects to "https:\/\/elsewhere\/echo": [^\n]*\n$/);
  });

  it('says that the echo stands behind a body parser', async () => {
    const app = express().use(express.json()).use('/echo', expressEcho);
    const port = await listen(createServer(app));
    const { status, stderr } = await runHere(['doctor', `http://127.0.0.1:${port}/echo`]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^countersign: [^\n]*the body was read before it came to the echo[^\n]*\n$/);
  });

  it.each([
    ['what is no JSON', 'hello'],
    ['another JSON', '{"echo":"another"}'],
    ['an echo of the wrong kind', '{"echo":"countersign-echo/1","method":1}'],
    [
      'an echo with wrong fields',
      '{"echo":"countersign-echo/1","method":"GET","target":"/","fields":[["a"]],"body":null}',
    ],
  ])('takes %s for no echo', async (_what, body) => {
    const port = await listen(createServer((_, response) => response.end(body)));
    const { status, stderr } = await runHere(['doctor', `http://127.0.0.1:${port}/echo`]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^countersign: [^\n]*status 200 and no echo[^\n]*\n$/);
  });

  it('does not wait for ever, nor for a server that is not there', async () => {
    const silent = await listen(createServer(() => {}));
    const waited = await runCli(['doctor', `http://127.0.0.1:${silent}/`, '--timeout', '0.3']);
    expect(waited.status).toBe(2);
    expect(waited.stderr).toMatch(/^countersign: [^\n]*no answer within 0.3 s[^\n]*\n$/);
    const gone = createServer();
    const port = await new Promise<number>((resolve) =>
      gone.listen(0, '127.0.0.1', () => {
        const address = gone.address();
        gone.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
      }),
    );
    // A URL without a scheme is taken for http, as by the other commands.
    const absent = await runHere(['doctor', `localhost:${port}`]);
    expect(absent.status).toBe(2);
    expect(absent.stderr).toMatch(/^countersign: [^\n]*ECONNREFUSED[^\n]*\n$/);
  });

  it.each([
    [['http://'], /is not a URL/],
    [['ftp://a/b'], /ftp is not supported/],
    [['http://user:pass@a/b'], /the URL holds a user name/],
    [['ftp://user:pass@a/b'], /^countersign: ftp is not supported[^@]*$/],
    [['http://a/b?c'], /the URL has a query/],
    [['http://a/b%zz'], /b%zz/],
    [['http://a/b', '--header', 'host'], /--header/],
    [['http://a/b', '--header', 'x y'], /--header/],
    [['http://a/b', '-H', 'Authorization: x'], /carries the signature/],
    [['http://a/b', '-H', 'Content-Type: x'], /written by the doctor itself/],
    [['http://a/b', '-H', 'nothing'], /-H/],
    [['http://a/b', '--timeout', 'x'], /expected seconds/],
    [[], /missing required argument/],
  ])('refuses %j', async (words, message) => {
    const { status, stdout, stderr } = await runHere(['doctor', ...words]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('pass@');
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });

  it('has help that says how the handler is mounted, with examples', async () => {
    const { status, stdout } = await runHere(['doctor', '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain("import { echo } from '@countersign/express';");
    expect(stdout).toContain('$ countersign doctor https://api.example.com/countersign-echo');
  });
});
