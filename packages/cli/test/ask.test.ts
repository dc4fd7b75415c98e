/** A question that is answered with y or n, on a terminal: `script` (of util-linux) makes one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Types when it is asked whether to listen beyond loopback. */
async function answer(typed: string): Promise<{ readonly status: number; readonly shown: string }> {
  const command = `exec "${process.execPath}" "${MAIN}" console --port 0 --host 0.0.0.0`;
  const terminal = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!shown.includes('[y/N] ') && (shown + text).includes('[y/N] ')) terminal.stdin.write(typed);
    shown += text;
  });
  const [status] = await once(terminal, 'close');
  return { status, shown };
}

it('Ctrl-C at a question ends as Ctrl-C does everywhere, without a word of an error', async () => {
  const { status, shown } = await answer('\x03');
  expect(shown).not.toContain('countersign:');
  expect(status).toBe(130);
});

it.each([
  ['n', 'n\r'],
  ['Ctrl-D', '\x04'],
])('%s is a no', async (_, typed) => {
  const { status, shown } = await answer(typed);
  expect(shown).toContain('countersign: --host: 0.0.0.0 is not loopback');
  expect(status).toBe(2);
});
