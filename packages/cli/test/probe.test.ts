/** `countersign probe` as a process: whom it attacks, whom it does not, and what it says. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { formatSecret } from '@countersign/canonical';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProbeReport } from '../src/probe/report.js';
import { runProgram } from '../src/program.js';
import { CERTIFICATE } from './support/certificate.js';
import { temporaryFolder } from './support/folder.js';
import { type CliRun, runCli } from './support/run-cli.js';
import { runHere } from './support/run-here.js';
import { KEY, OTHER_SECRET, SECRET, startSigned } from './support/signed-server.js';

const AUDIENCE = 'api.example.com';
const FAST = ['--audience', AUDIENCE, '--wait', '0.2'];

function probe(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  return runCli(['probe', ...words], { env: { ...KEY, ...env } });
}

async function startPlain(
  listener: RequestListener,
  host = '127.0.0.1',
): Promise<{ port: number; close: () => void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, close };
}

describe('countersign probe', () => {
  it('finds nothing in the verifier itself, and sends no more than it announced', async () => {
    const { origin, arrived } = await startSigned({ audience: AUDIENCE, limits: { orders: '8/1s' } });
    const file = join(temporaryFolder(), 'probe.xml');
    const words = [`${origin}/echo`, '-d', '{"n":1}', '--scope', 'orders', '--children', '--limit', '8/1s'];
    const { status, stdout, stderr } = await probe([...words, ...FAST, '--json', '--junit', file]);
    const report: ProbeReport = JSON.parse(stdout);
    expect(report.findings.filter(({ outcome }) => outcome === 'got-through')).toEqual([]);
    expect(status).toBe(0);
    expect(report.target).toBe(`POST ${origin}/echo`);
    const [, announced] = /^Up to (\d+) requests\.\n/.exec(stderr) ?? [];
    expect(report.requestsSent).toBeLessThanOrEqual(Number(announced));
    // Node refuses some of them itself, before anybody counts.
    expect(arrived()).toBeLessThanOrEqual(report.requestsSent);
    expect(arrived()).toBeGreaterThan(400);
    expect(report.summary.refused).toBeGreaterThan(60);
    expect(stdout).not.toContain(SECRET);
    const xml = readFileSync(file, 'utf8');
    expect(xml).toContain(`<testsuites tests="${report.findings.length}" failures="0"`);
    expect(xml).toContain(`skipped="${report.summary.notTried}"`);
  });

  it('shows holes first where nothing is verified, and ends with status 1', async () => {
    const { port } = await startPlain((_, response) => response.end('open'));
    const { status, stdout } = await probe([
      `http://127.0.0.1:${port}/`,
      '--only',
      'strangers,replay-at-once',
    ]);
    expect(status).toBe(1);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 4)).toEqual([`GET http://127.0.0.1:${port}/`, '', 'Got through', '  strangers']);
    expect(lines).toContain('    ✗ unsigned                no signature: accepted');
    expect(lines).toContain('        < 200 open');
    expect(stdout).toMatch(/sig="[0-9a-f]{8}…"/);
    expect(stdout).not.toMatch(/sig="[0-9a-f]{9}/);
    expect(stdout).not.toContain('\u001b');
    expect(lines.at(-2)).toMatch(/^5 got through, 1 refused, 1 not tried; \d+ requests$/);
  });

  it('finds a secret that an answer gives away, and does not show it', async () => {
    const { port } = await startPlain((request, response) => {
      const signed = request.headers.authorization?.includes(`sig="${'0'.repeat(64)}"`) !== true;
      response.writeHead(signed ? 200 : 401);
      response.end(signed ? 'ok' : `expected a MAC under ${SECRET}`);
    });
    const { status, stdout } = await probe([`http://127.0.0.1:${port}/`, '--only', 'refusal-echo']);
    expect(status).toBe(1);
    expect(stdout).toContain('✗ refusal-echo');
    expect(stdout).not.toContain(SECRET.slice(5));
  });

  it('shows no secret that an application answers with', async () => {
    const hex = Buffer.from(SECRET.slice(5), 'base64url').toString('hex');
    const { port } = await startPlain((_, response) => response.end(`${SECRET} ${hex}`));
    const { stdout } = await probe([`http://127.0.0.1:${port}/`, '--only', 'unsigned', '--json']);
    const report: ProbeReport = JSON.parse(stdout);
    expect(report.findings[0]?.evidence?.answer).toBe('[secret] [secret]');
  });

  it('shows no full signature and no credential of -H, also where the application answers with the request', async () => {
    const { port } = await startPlain(({ rawHeaders }, response) => response.end(JSON.stringify(rawHeaders)));
    const words = ['-H', 'X-Api-Key: a-credential', '--only', 'wrong-secret', '--json'];
    const { stdout } = await probe([`http://127.0.0.1:${port}/`, ...words]);
    const report: ProbeReport = JSON.parse(stdout);
    const { sent = '', answer = '' } = report.findings[0]?.evidence ?? {};
    for (const shown of [sent, answer]) {
      expect(shown).toContain('[credential]');
      expect(shown).toMatch(/sig=\\?"[0-9a-f]{8}…/);
    }
    expect(stdout).not.toContain('a-credential');
  });

  it('is steered by nothing that an endpoint says, and keeps its error on one line', async () => {
    const { port } = await startPlain(({ headers }, response) => {
      const detail = `\u001b]0;title\u0007\n${headers.authorization}`;
      response.writeHead(401).end(JSON.stringify({ code: '\u001b[31mred', detail }));
    });
    const { status, stderr } = await probe([`http://127.0.0.1:${port}/`, '--only', 'unsigned']);
    expect(status).toBe(2);
    const [, error = '', ...more] = stderr.split('\n');
    expect(error).toContain('(401): \\u001b]0;title\\u0007\\nCS1-HMAC-SHA256');
    expect(error).toMatch(/sig="[0-9a-f]{8}…/);
    expect(more).toEqual(['']);
  });

  it('says that a request brought the endpoint down', async () => {
    const { port, close } = await startPlain((request, response) => {
      if (request.url?.includes('__proto__')) close();
      response.writeHead(request.url === '/' ? 200 : 401).end();
    });
    const { status, stdout } = await probe([`http://127.0.0.1:${port}/`, '--only', 'query-added,stale-time']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ stale-time +the endpoint takes no connections any more/);
    expect(stdout).toMatch(/> GET \/\?__proto__\[probe]=1 HTTP\/1\.1/);
  });

  it('reads the answers of a server with TLS', async () => {
    const { origin } = await startSigned({ audience: AUDIENCE, tls: true });
    const file = join(temporaryFolder(), 'ca.pem');
    writeFileSync(file, CERTIFICATE);
    const words = [`${origin}/empty`, ...FAST, '--only', 'unsigned,replay-concurrent'];
    const { status, stdout } = await probe(words, { NODE_EXTRA_CA_CERTS: file });
    expect(stdout).toMatch(/✓ replay-concurrent +19 × 409 replayed-nonce, 204/);
    expect(status).toBe(0);
    const unknown = await probe(words);
    expect(unknown.stderr).toMatch(/countersign: no connection .*certificate.*NODE_EXTRA_CA_CERTS/);
    expect(unknown.status).toBe(2);
  });
});

describe('no key, no attack:', () => {
  const refusals: readonly (readonly [
    string,
    string,
    readonly string[],
    Readonly<Record<string, string>>,
    RegExp,
  ])[] = [
    [
      'a wrong secret',
      '/echo',
      FAST,
      { COUNTERSIGN_SECRET: OTHER_SECRET },
      /401 invalid-signature.*Check key id and secret/,
    ],
    ['another audience', '/echo', [], {}, /401 invalid-signature.*--audience/],
    [
      'another scope',
      '/echo',
      [...FAST, '--scope', 'invoices'],
      {},
      /403 scope-mismatch.*Signed for "invoices".*--scope/,
    ],
    ['what the application refuses', '/status/404', FAST, {}, /\(404\).*answers with 2xx/],
  ];

  it.each(refusals)('%s', async (_, path, words, env, told) => {
    const { origin, arrived } = await startSigned({ audience: AUDIENCE });
    const { status, stdout, stderr } = await probe([`${origin}${path}`, ...words], env);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(told);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(arrived()).toBeLessThanOrEqual(2);
  });

  it('a debugging server names the line that differs', async () => {
    const { origin } = await startSigned({ audience: AUDIENCE, debug: true });
    const { stderr } = await probe([`${origin}/echo`]);
    expect(stderr).toMatch(/The server says: the client addressed another host/);
  });

  it('announces no requests for a budget that is more than a probe spends', async () => {
    const announced = async (words: readonly string[]) =>
      (await runHere(['probe', 'http://127.0.0.1:1/', ...words], { env: KEY })).stderr.split('\n')[0];
    expect(await announced(['--limit', '1000000/m'])).toBe(await announced([]));
    expect(await announced(['--limit', '100/m'])).not.toBe(await announced([]));
  });

  it('a server that is not there', async () => {
    const { port, close } = await startPlain(() => {});
    close();
    const { status, stderr } = await probe([`http://127.0.0.1:${port}/`]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/no connection to .*ECONNREFUSED.*is it up\?/);
  });
});

describe('what is not this machine', () => {
  /** Names this machine, as an address that is not loopback. */
  const remote = (port: number): string => `http://0.0.0.0:${port}/`;

  it('is not sent to without --yes where nobody can be asked', async () => {
    const { status, stderr } = await probe(['http://192.0.2.1/']);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^Up to \d+ requests, 20 a second to 192\.0\.2\.1 \(192\.0\.2\.1\)\.\n.*give --yes if you run it/,
    );
  });

  it('is not sent to when another instance is elsewhere', async () => {
    const { origin, arrived } = await startSigned();
    const { status, stderr } = await probe([`${origin}/echo`, '--other-instance', 'http://192.0.2.1/']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/192\.0\.2\.1 \(192\.0\.2\.1\) is not this machine/);
    expect(arrived()).toBe(0);
  });

  it.each([
    ['yes', true, 0],
    ['no', false, 2],
  ])('is asked about on a terminal: %s', async (_, answer, expected) => {
    let requests = 0;
    const { port } = await startPlain((request, response) => {
      requests += 1;
      response.writeHead(request.headers.authorization?.startsWith('CS1-HMAC-SHA256 key') ? 200 : 401).end();
    }, '0.0.0.0');
    let stderr = '';
    const questions: string[] = [];
    const status = await runProgram(
      [
        'probe',
        remote(port),
        '--only',
        'header-list-shortened,also-unsigned',
        '--rate',
        '1000',
        '--also',
        '/open',
      ],
      {
        write: () => {},
        writePart: async () => true,
        writeError: (text) => {
          stderr += text;
        },
        colour: false,
        errorColour: false,
        interactive: true,
        environment: KEY,
        readInput: async () => Buffer.alloc(0),
        confirm: async (question) => {
          questions.push(question);
          return answer;
        },
      },
    );
    expect(questions).toEqual([`Do you run 0.0.0.0:${port} (0.0.0.0), and may it be attacked?`]);
    expect(stderr).toContain(`1000 a second to 0.0.0.0:${port} (0.0.0.0).`);
    if (!answer) expect(requests).toBe(0);
    else expect(requests).toBeGreaterThan(0);
    expect(status).toBe(expected === 0 ? 1 : expected);
  });

  it('gets no more requests a second than --rate says', async () => {
    const arrivedMs: number[] = [];
    const { port } = await startPlain((_, response) => {
      arrivedMs.push(performance.now());
      response.writeHead(arrivedMs.length <= 2 ? 200 : 401).end();
    }, '0.0.0.0');
    const { status } = await probe([
      remote(port),
      '--yes',
      '--rate',
      '8',
      '--only',
      'stale-time,future-time',
    ]);
    expect(status).toBe(0);
    expect(arrivedMs.length).toBeGreaterThanOrEqual(10);
    const spanMs = (arrivedMs.at(-1) ?? 0) - (arrivedMs[0] ?? 0);
    // The first may have been late by as much as a machine under load takes to start.
    expect(spanMs).toBeGreaterThanOrEqual((arrivedMs.length - 1) * 125 - 100);
  });
});

describe('words that make no probe', () => {
  it.each([
    [['http://'], /"http:\/\/" is not a URL/],
    [['localhost:1', '--other-instance', 'ftp://a/'], /--other-instance: ftp is not supported/],
    [['localhost:1'], /^Up to \d+ requests\.\n.*ECONNREFUSED/s],
    [['http://a@127.0.0.1/'], /holds a user name/],
    [['post', 'http://127.0.0.1/'], /cannot be signed: method: "post"/],
    [['http://127.0.0.1/', '--only', 'unsinged'], /no attack "unsinged".*groups: strangers/],
    [['http://127.0.0.1/', '--limit', '5/month'], /--limit: .*"5\/month" is not a rate/],
    [['http://127.0.0.1/', '--rate', '0'], /--rate: "0" is not a number above 0/],
    [['http://127.0.0.1/', '--wait', 'x'], /--wait: "x"/],
    [['http://127.0.0.1/', '--scope', 'a b'], /scope: "a b" is not a scope/],
    [['http://127.0.0.1/', '--other-scope', 'a b'], /--other-scope: scope: "a b"/],
    [['http://127.0.0.1/', '--also', 'http://b/'], /--also: "http:\/\/b\/" is not a path or URL of/],
    [['http://127.0.0.1/', '-H', 'x'], /-H: expected 'Name: value', got "x"/],
    [['http://127.0.0.1/', '-H', 'Host: a'], /-H: the URL names the Host, --audience/],
    [['http://127.0.0.1/', '-H', 'Authorization: Bearer x'], /-H: Authorization carries the signature/],
    [['http://127.0.0.1/', '-H', 'Content-Length: 5'], /-H: Content-Length is written by the probe/],
    [['http://127.0.0.1/', '--junit', '/nowhere/x'], /--junit: ENOENT/],
    [['http://127.0.0.1/', '--key-file', '/nowhere/x'], /--key-file: ENOENT/],
  ])('%j', async (words, told) => {
    const { status, stdout, stderr } = await runHere(['probe', ...words], { env: KEY });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(told);
  });

  it('and --help, with examples', async () => {
    const { status, stdout } = await probe(['--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: countersign probe [options] [method] <url>');
    expect(stdout).toContain('$ countersign probe https://');
  });

  it('and leave no report behind, or the one that was there', async () => {
    const file = join(temporaryFolder(), 'probe.xml');
    const words = ['probe', 'http://127.0.0.1:1/', '--junit', file];
    expect((await runHere(words, { env: KEY })).status).toBe(2);
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, 'earlier');
    await runHere(words, { env: KEY });
    expect(readFileSync(file, 'utf8')).toBe('earlier');
  });

  it('never quote the secret', async () => {
    const secret = formatSecret(new Uint8Array(32).fill(1));
    const runs = await Promise.all(
      [['http://127.0.0.1:1/'], ['x'], ['http://127.0.0.1/', '--rate', 'x']].map((words) =>
        runHere(['probe', ...words], { env: { ...KEY, COUNTERSIGN_SECRET: secret } }),
      ),
    );
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toContain(secret);
  });
});
