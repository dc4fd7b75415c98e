/** What is printed of an answer, where it goes, and how the process ends. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/folder.js';
import { curl, curlProcess, KEY, OCTETS, startSigned } from './support/signed-server.js';

describe('countersign curl: the answer', () => {
  it('comes byte for byte, to standard output and to files', async () => {
    const { origin } = await startSigned();
    const cwd = temporaryFolder();
    expect((await curlProcess([`${origin}/octets`])).bytes).toEqual(OCTETS);
    expect((await curl(['-o', '-', `${origin}/octets`])).bytes).toEqual(OCTETS);
    const written = await curlProcess(['-o', 'there.bin', `${origin}/octets`], { cwd });
    expect([written.status, written.stdout]).toEqual([0, '']);
    expect(readFileSync(join(cwd, 'there.bin'))).toEqual(OCTETS);
    await curlProcess(['-sSO', `${origin}/octets?x=1`], { cwd });
    expect(readFileSync(join(cwd, 'octets'))).toEqual(OCTETS);
    await curlProcess(['-o', 'empty', `${origin}/empty`], { cwd });
    expect(readFileSync(join(cwd, 'empty'))).toEqual(Buffer.of());
  });

  it('stays packed, unless --compressed', async () => {
    const { origin } = await startSigned();
    expect((await curl([`${origin}/packed`])).bytes.subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b));
    expect((await curl(['--compressed', `${origin}/packed`])).stdout).toBe('unpacked');
  });

  it('-i shows its head before it, -I the head alone', async () => {
    const { origin, handled } = await startSigned();
    const head = /^HTTP\/1\.1 200 OK\r\n(?:[\w-]+: [^\r\n]*\r\n)+\r\n/;
    const included = await curl(['-i', '-d', 'text', `${origin}/echo`]);
    expect(included.stdout).toMatch(head);
    expect(included.stdout.replace(head, '')).toBe('text');
    const alone = await curl(['-I', `${origin}/octets`]);
    expect(alone.stdout.replace(head, '')).toBe('');
    expect(alone.stdout).toContain('application/octet-stream');
    expect(handled[1]?.method).toBe('HEAD');
  });

  it('ends with 0 whatever its status, and with 22 by -f and --fail-with-body', async () => {
    const { origin } = await startSigned();
    const cwd = temporaryFolder();
    const url = `${origin}/status/404`;
    expect(await curl([url])).toMatchObject({ status: 0, stdout: 'refused by the application', stderr: '' });
    const failed = { status: 22, stdout: '', stderr: 'countersign: the server answered 404\n' };
    expect(await curlProcess(['-f', '-o', 'file', url], { cwd })).toMatchObject(failed);
    expect(existsSync(join(cwd, 'file'))).toBe(false);
    expect(await curl(['--fail-with-body', url])).toMatchObject({
      ...failed,
      stdout: 'refused by the application',
    });
    expect(await curl(['-f', `${origin}/status/399`])).toMatchObject({ status: 0 });
  });

  it('-s says nothing of errors, -S says them though', async () => {
    const { origin } = await startSigned();
    expect(await curl(['-sf', `${origin}/status/500`])).toMatchObject({ status: 22, stderr: '' });
    expect(await curl(['-sSf', `${origin}/status/500`])).toMatchObject({
      status: 22,
      stderr: expect.stringContaining('500'),
    });
  });

  it('-w prints what is known of it, also where there was none', async () => {
    const { origin } = await startSigned();
    const cwd = temporaryFolder();
    const format =
      '%{http_code} %{response_code} %{method} %{content_type} %{size_upload} %{size_download} %{scheme} %{exitcode} %header{VARY}%{errormsg} 100%%\\n';
    const { stdout } = await curlProcess(['-so', 'body', '-w', format, '-d', 'four', `${origin}/echo`], {
      cwd,
    });
    expect(stdout).toBe('200 200 POST text/plain; charset=UTF-8 4 4 http 0 authorization 100%\n');
    writeFileSync(
      join(cwd, 'format'),
      '%{url_effective} %{redirect_url} %{time_total} %{num_connects} %{http_version}',
    );
    const redirected = await curlProcess(['-w', '@format', `${origin}/redirect/302?to=%2Fa`], { cwd });
    const [url, to, time, connects, version] = redirected.stdout.split(' ');
    expect([url, to, connects, version]).toEqual([
      `${origin}/redirect/302?to=%2Fa`,
      `${origin}/a`,
      '1',
      '1.1',
    ]);
    expect(Number(time)).toBeGreaterThan(0);
    const refused = await curl(['-s', '-w', '%{http_code} %{exitcode} %{errormsg}', 'http://127.0.0.1:1/']);
    expect(refused.stdout).toBe('000 7 cannot connect to 127.0.0.1:1: connection refused');
  });

  it('goes through pipes: one command signs, sends and feeds the next', async () => {
    const { origin } = await startSigned();
    const first = await curlProcess([`${origin}/octets`]);
    expect(
      (await curlProcess(['--data-binary', '@-', `${origin}/echo`], { input: first.bytes })).bytes,
    ).toEqual(OCTETS);
  });

  it('ends quietly when nobody reads it any more, and with 23 when a file cannot be written', async () => {
    const { origin } = await startSigned({ maxBodyBytes: 2 ** 25 });
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'curl', '--data-binary', '@-', `${origin}/echo`], {
      env: { PATH: process.env['PATH'], ...KEY },
    });
    child.stdin.end(Buffer.alloc(2 ** 24));
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(stderr).toBe('');
    const nowhere = await curl(['-o', '/nowhere/file', origin]);
    expect(nowhere).toMatchObject({
      status: 23,
      stderr: expect.stringMatching(/^countersign: cannot write the answer: ENOENT/),
    });
  });

  it('is told to be cut, when it was', async () => {
    const { origin } = await startSigned({
      before: (_, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half', () => response.destroy());
        return true;
      },
    });
    expect(await curl([origin])).toMatchObject({
      status: 18,
      stdout: 'half',
      stderr: expect.stringMatching(/cut after 4 bytes/),
    });
  });
});

describe('countersign curl: redirects', () => {
  it('are shown, not followed, without -L', async () => {
    const { origin, handled } = await startSigned();
    const { status, stdout } = await curl(['-i', `${origin}/redirect/302`]);
    expect([status, handled.length]).toEqual([0, 1]);
    expect(stdout).toMatch(/^HTTP\/1\.1 302 Found\r\n(?:.*\r\n)*location: \/echo\r\n/);
  });

  it('are followed with -L, each request with a signature of its own', async () => {
    const { origin, handled } = await startSigned();
    const { stdout } = await curl([
      '-sLi',
      '-d',
      'x',
      '-w',
      '%{url_effective}',
      `${origin}/redirect/303?to=/octets`,
    ]);
    expect(handled.map(({ method, target }) => [method, target])).toEqual([
      ['POST', '/redirect/303?to=/octets'],
      ['GET', '/octets'],
    ]);
    expect(new Set(handled.map(({ headers }) => headers.authorization)).size).toBe(2);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout.endsWith(`${origin}/octets`)).toBe(true);
  });

  it('are not followed where the request would be executed twice, and that is said', async () => {
    const { origin, handled } = await startSigned();
    const { status, stderr } = await curl(['-L', '-d', 'x', `${origin}/redirect/307?to=/a`]);
    expect([status, handled.length]).toEqual([0, 1]);
    expect(stderr).toContain(
      'the redirect to /a is not followed: it would execute the request a second time',
    );
  });

  it('to another origin carry no signature', async () => {
    const fields: unknown[] = [];
    const other = await startSigned({
      before: ({ headers }, response) => {
        fields.push(headers.authorization, headers['countersign-debug']);
        response.end('elsewhere');
        return true;
      },
    });
    const { origin } = await startSigned();
    const { stdout, stderr } = await curl([
      '-vL',
      `${origin}/redirect/302?to=${encodeURIComponent(other.origin)}`,
    ]);
    expect(stdout).toBe('elsewhere');
    expect(fields).toEqual([undefined, undefined]);
    expect(stderr).toContain('* not signed: another origin than the one that was called\n');
  });

  it('without end are given up', async () => {
    const { origin } = await startSigned();
    const { status, stderr } = await curl(['-L', `${origin}/redirect/302?to=/redirect/302`]);
    expect([status, stderr]).toEqual([0, '']);
    const endless = await startSigned({
      before: (_, response) => {
        response.writeHead(302, { location: '/' }).end();
        return true;
      },
    });
    expect(await curl(['-L', endless.origin])).toMatchObject({
      status: 47,
      stderr: expect.stringMatching(/^countersign: redirected more than 5 times\n$/),
    });
  });
});
