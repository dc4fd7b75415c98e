/** How a call goes on and ends: one call, one signature. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryStore, type Store } from '@countersign/server';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE } from './support/certificate.js';
import { temporaryFolder } from './support/folder.js';
import { curl, curlProcess, OTHER_SECRET, type ServerOptions, startSigned } from './support/signed-server.js';

/** Answers the first `times` requests with this status, as a proxy would. */
const proxyAnswers =
  (status: number, times: number): NonNullable<ServerOptions['before']> =>
  (_, response, index) => {
    if (index >= times) return false;
    response.writeHead(status).end('from a proxy');
    return true;
  };

describe('countersign curl: sending again', () => {
  it('sends the same signature again after a 503 that nobody signed, where the method allows it', async () => {
    const server = await startSigned({ before: proxyAnswers(503, 2) });
    expect(
      await curlProcess([
        `${server.origin}/octets`,
        '-so',
        '/dev/null',
        '-w',
        '%{http_code} %{num_connects}',
      ]),
    ).toMatchObject({ status: 0, stdout: '200 3' });
    expect([server.arrived(), server.handled.length]).toEqual([3, 1]);
  });

  it('returns that 503 after a POST, since it may be the answer', async () => {
    const server = await startSigned({ before: proxyAnswers(503, 1) });
    expect(await curl([server.origin, '-d', 'x'])).toMatchObject({ status: 0, stdout: 'from a proxy' });
    expect(server.arrived()).toBe(1);
  });

  it('--retry says how often at most', async () => {
    const server = await startSigned({ before: proxyAnswers(503, 9) });
    expect(await curl([server.origin, '-f', '--retry', '1'])).toMatchObject({ status: 22 });
    expect(server.arrived()).toBe(2);
    await curl([server.origin, '--retry', '0']);
    expect(server.arrived()).toBe(3);
  });

  it('sends again when the store could not tell, also a POST', async () => {
    const store = memoryStore();
    let asked = 0;
    const failing: Store = {
      ...store,
      admit: (admission) =>
        asked++ === 0
          ? { outcome: 'unavailable', retryAfterMs: 1100, reason: 'test' }
          : store.admit(admission),
    };
    const server = await startSigned({ store: failing });
    const { status, stdout, stderr } = await curl([`${server.origin}/echo`, '-d', 'x']);
    expect([status, stdout, server.arrived()]).toEqual([0, 'x', 2]);
    expect(stderr).toMatch(/^store-unavailable: the same request again in 1\.\d s\n$/);
    const broken: Store = {
      ...store,
      admit: () => ({ outcome: 'unavailable', retryAfterMs: 1, reason: 'test' }),
    };
    const down = await startSigned({ store: broken });
    expect(await curl([down.origin, '-d', 'x'])).toMatchObject({
      status: 111,
      stderr: expect.stringContaining('admitted nothing'),
    });
  });

  it('ends with 114 when the answer was lost and the same request was admitted (409)', async () => {
    const server = await startSigned({ lose: (index) => index === 0 });
    const { status, stdout, stderr } = await curl([`${server.origin}/echo`, '-d', 'x', '-w', '%{http_code}']);
    expect([status, stdout]).toEqual([114, '409']);
    expect(stderr).toBe(
      'countersign: the request was executed, but its answer is lost: look at the resource, do not call again\n',
    );
    expect(server.handled.length).toBe(1);
  });

  it('ends with 113 when it stays unknown whether it was executed', async () => {
    const server = await startSigned({
      lose: () => true,
      before: (request, _, index) => {
        if (index > 0) request.socket.destroy();
        return index > 0;
      },
    });
    const { status, stdout, stderr } = await curl([`${server.origin}/echo`, '-d', 'x', '--retry', '1']);
    expect([status, stdout, server.handled.length, server.arrived()]).toEqual([113, '', 1, 2]);
    expect(stderr).toMatch(
      /^countersign: 127\.0\.0\.1:\d+ closed the connection without an answer: the request may have been executed: look at the resource before you call again\n$/,
    );
  });

  it('waits for a budget, says so, and ends with 110 where that takes too long', async () => {
    const brief = await startSigned({ limits: { orders: '1/2s' } });
    await curl([brief.origin]);
    const waited = await curl([brief.origin]);
    expect(waited).toMatchObject({ status: 0, stdout: 'ok' });
    expect(brief.handled.length).toBe(2);
    const long = await startSigned({ limits: { orders: '1/h' } });
    await curl([long.origin]);
    const limited = await curl([long.origin, '-w', '%{http_code} %header{retry-after}']);
    expect(limited.status).toBe(110);
    expect(limited.stdout).toMatch(/^429 3[56]\d\d$/);
    expect(limited.stderr).toBe('countersign: rate limited: call again in 60 min\n');
  });

  it('corrects its clock and signs again, where a verdict proves that this is safe', async () => {
    const server = await startSigned({ now: () => Date.now() + 3_600_000 });
    expect(await curl([`${server.origin}/echo`, '-d', 'x'])).toMatchObject({ status: 0, stdout: 'x' });
    expect([server.arrived(), server.handled.length]).toEqual([2, 1]);
    const behind = await startSigned({ now: () => Date.now() - 3_600_000 });
    expect(await curl([`${behind.origin}/echo`, '-d', 'x'])).toMatchObject({
      status: 112,
      stderr: expect.stringContaining('ms off'),
    });
  });
});

describe('countersign curl: the network', () => {
  it('says that a host was not found, that a connection was refused', async () => {
    expect(await curl(['http://nowhere.invalid/'])).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(
        /^countersign: (host not found: |no name server answers for )nowhere\.invalid\n$/,
      ),
    });
    const refused = { status: 7, stderr: 'countersign: cannot connect to 127.0.0.1:1: connection refused\n' };
    expect(await curl(['http://127.0.0.1:1/'])).toMatchObject(refused);
    expect(await curl(['http://127.0.0.1:1/', '--retry', '1', '-d', 'x'])).toMatchObject(refused);
  });

  it('checks the certificate, unless -k, or --cacert trusts it', async () => {
    const server = await startSigned({ tls: true });
    const refused = await curl([server.origin]);
    expect(refused).toMatchObject({ status: 60, stdout: '' });
    expect(refused.stderr).toMatch(
      /^countersign: the certificate of localhost:\d+ is not accepted: self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)\n$/,
    );
    expect(server.arrived()).toBe(0);
    expect((await curl(['-k', server.origin])).stdout).toBe('ok');
    const file = join(temporaryFolder(), 'ca.pem');
    writeFileSync(file, CERTIFICATE);
    expect((await curl(['--cacert', file, server.origin])).stdout).toBe('ok');
    const otherName = server.origin.replace('localhost', '127.0.0.1');
    expect(await curl(['--cacert', file, otherName])).toMatchObject({
      status: 60,
      stderr: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
    const plain = await startSigned();
    expect(await curl([plain.origin.replace('http:', 'https:')])).toMatchObject({
      status: 35,
      stderr: expect.stringMatching(/^countersign: no TLS with 127[^\n]*\n$/),
    });
  });

  it('--max-time ends it, in the wait for an answer and in the answer', async () => {
    const silent = await startSigned({ before: () => true });
    expect(await curlProcess(['-m', '0.4', silent.origin])).toMatchObject({
      status: 28,
      stderr:
        'countersign: no answer within --max-time: the request may have been executed: look at the resource before you call again\n',
    });
    const endless = await startSigned({
      before: (_, response) => {
        response.writeHead(200);
        return response.write('begun');
      },
    });
    expect(await curl(['--max-time=0.4', endless.origin])).toMatchObject({
      status: 28,
      stdout: 'begun',
      stderr: expect.stringContaining('5 bytes came'),
    });
    const busy = await startSigned({ before: proxyAnswers(503, 99) });
    expect(await curl(['-m', '0.4', busy.origin])).toMatchObject({ status: 28 });
  });

  it('--connect-timeout ends what does not connect', async () => {
    // A server that takes connections and never speaks TLS.
    const { createServer } = await import('node:net');
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const { status, stderr } = await curl(['--connect-timeout', '0.3', `https://127.0.0.1:${address.port}/`]);
    mute.close();
    expect([status, stderr]).toEqual([
      28,
      `countersign: 127.0.0.1:${address.port}: no connection within 300 ms\n`,
    ]);
  });

  it('says when no HTTP comes back', async () => {
    const server = await startSigned({
      before: ({ socket }) => {
        socket.end('SSH-2.0-test\r\n');
        return true;
      },
    });
    expect(await curl([server.origin, '--retry', '0'])).toMatchObject({
      status: 113,
      stderr: expect.stringMatching(/does not answer with HTTP: [^\n]*: the request may have been executed/),
    });
  });
});

describe('countersign curl: a wrong secret', () => {
  it('prints the refusal like any answer, and by -v what a server in debug mode explains', async () => {
    const env = { COUNTERSIGN_SECRET: OTHER_SECRET };
    const server = await startSigned({ debug: true });
    const plain = await curl([server.origin], { env });
    expect(plain).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(plain.stdout)).toMatchObject({ code: 'invalid-signature' });
    const { stderr } = await curl(['-v', server.origin], { env });
    expect(stderr).toContain('* verdict: none\n');
    expect(stderr).toMatch(
      /\* the server explains: both sides have the same canonical string: the secret differs/,
    );
    expect(stderr).not.toContain(OTHER_SECRET);
  });
});
