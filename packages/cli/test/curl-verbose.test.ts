/** What -v shows. */
import { type AddressInfo, createServer } from 'node:net';
import { hmacSha256Hex } from '@countersign/canonical';
import { describe, expect, it, onTestFinished } from 'vitest';
import { curl, OTHER_SECRET, SECRET, startSigned } from './support/signed-server.js';

describe('countersign curl -v', () => {
  it('shows on standard error what was signed, both heads, the verdict and the budgets', async () => {
    const server = await startSigned({ receipts: true, limits: { '*': '100/m', orders: '5/h' } });
    const { stdout, stderr } = await curl(['-vs', '--json', '{"a":1}', `${server.origin}/echo?b=%7e&a=1`]);
    expect(stdout).toBe('{"a":1}');
    const [, sig = ''] = /^> authorization: CS1-HMAC-SHA256 .* sig="([0-9a-f]{64})"$/m.exec(stderr) ?? [];
    const lines = [...stderr.matchAll(/^\* +\d+ (.*)$/gm)].map(([, line]) => line);
    expect(lines.slice(1, 5)).toEqual(['POST', server.host, '/echo', 'a=1&b=~']);
    expect(lines.at(-1)).toBe('content-type:application/json');
    expect(hmacSha256Hex(SECRET, lines.join('\n'))).toBe(sig);
    expect(stderr).toMatch(/^> POST \/echo\?b=%7e&a=1 HTTP\/1\.1$/m);
    expect(stderr).toMatch(/^> content-type: application\/json$/m);
    expect(stderr).toMatch(/^\* body: 7 bytes$/m);
    expect(stderr).toMatch(/^< HTTP\/1\.1 200 OK$/m);
    expect(stderr).toMatch(/^< ratelimit: /m);
    expect(stderr).toMatch(/^\* verdict: admitted, verified, at \d{4}-[\dT:.-]+Z$/m);
    expect(stderr).toMatch(/^\* budget \* 100\/60s: 99 of 100 left in 60 s, more in (?:5[0-9]|60) s$/m);
    expect(stderr).toMatch(/^\* budget orders 5\/3600s: 4 of 5 left in 60 min, more in 60 min$/m);
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain('\u001b');
  });

  it('shows every attempt, and why there was another', async () => {
    const server = await startSigned({
      before: (request, response, index) => {
        if (index === 0) request.socket.destroy();
        else if (index === 1) response.writeHead(503).end();
        return index < 2;
      },
    });
    const { stderr } = await curl(['-v', server.origin]);
    expect(stderr.match(/^> GET \/ /gm)).toHaveLength(3);
    expect(new Set(stderr.match(/^> authorization: .*$/gm)).size).toBe(1);
    expect(stderr).toMatch(
      /^\* 127\.0\.0\.1:\d+ closed the connection without an answer: the same request again in 0\.\d s$/m,
    );
    expect(stderr).toMatch(/^\* status 503: the same request again in 0\.\d s$/m);
  });

  it('names a refusal by its verdict, and when it is over', async () => {
    const server = await startSigned({ limits: { orders: '1/h' } });
    await curl([server.origin]);
    const { status, stderr } = await curl(['-v', server.origin]);
    expect(status).toBe(110);
    expect(stderr).toMatch(/^\* verdict: rate-limited, verified, at [^,]+, again in 60 min$/m);
    expect(stderr).toMatch(/^\* budget orders 1\/3600s: 0 of 1 left in 60 min, more in 60 min$/m);
  });

  it('says that a verdict does not verify', async () => {
    const forged = `code="rate-limited", time="1763750000000", dead-since="", retry-after-ms="", sig="${'0'.repeat(64)}"`;
    const server = await startSigned({
      before: (_, response) => {
        response
          .writeHead(200, { 'countersign-verdict': forged, ratelimit: 'not a list;;' })
          .end('taken as it is');
        return true;
      },
    });
    const { stdout, stderr } = await curl(['-v', server.origin]);
    expect(stdout).toBe('taken as it is');
    expect(stderr).toMatch(
      /^\* verdict: NOT VERIFIED: made under another secret, or about another request$/m,
    );
    expect(stderr).not.toContain('budget');
  });

  it('asks for a debug answer, and shows which line differs', async () => {
    const edge = await startSigned({
      debug: true,
      before: (request) => {
        request.url = (request.url ?? '').replace('/v1', '');
        return false;
      },
    });
    const { stderr } = await curl(['-v', `${edge.origin}/v1/echo`]);
    expect(stderr).toMatch(/^\* the server explains: line 4, path: the path lost its prefix \/v1/m);
    expect(stderr).toMatch(/^\* {3}signed: +\/v1\/echo$/m);
    expect(stderr).toMatch(/^\* {3}it saw: +\/echo$/m);
    const other = await curl(['-v', `${edge.origin}/echo`], { env: { COUNTERSIGN_SECRET: OTHER_SECRET } });
    expect(other.stderr).toContain('the secret differs');
  });

  it('shows control characters of an answer escaped', async () => {
    const server = await startSigned({
      before: (_, response) => {
        const problem = { debug: { cause: '\u001b[31mred', client: 'a\u009b', server: 7 } };
        response.writeHead(401, { 'content-type': 'application/problem+json', 'x-tab': 'a\tb' });
        response.end(JSON.stringify(problem));
        return true;
      },
    });
    const { stderr } = await curl(['-v', server.origin]);
    expect(stderr).toContain('< x-tab: a\\tb\n');
    expect(stderr).toContain('* the server explains: \\u001b[31mred\n*   signed:     a\\u009b\n');
    expect(stderr).not.toContain('it saw');
  });

  it('is not steered by a status line or the address of a redirect', async () => {
    const head = 'HTTP/1.1 307 \u001b[31mred\r\nLocation: http://x/\u009b31m\r\nContent-Length: 0\r\n\r\n';
    const server = createServer((socket) => void socket.once('data', () => socket.end(head, 'latin1')));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { stderr } = await curl(['-vL', '-XPOST', `http://127.0.0.1:${port}`]);
    expect(stderr).toContain('< HTTP/1.1 307 \\u001b[31mred\n');
    expect(stderr).toContain('* the redirect to http://x/\\u009b31m is not followed');
    expect(stderr).not.toMatch(/[\u001b\u009b]/);
  });
});
