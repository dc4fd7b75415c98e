/** One run of `countersign curl`: sends what was planned by the signed fetch, and prints what comes as curl does. */
import { readFileSync } from 'node:fs';
import { createFetch, type Signer } from '@countersign/client';
import { fieldValue } from '../request/header-lines.js';
import { painter } from '../terminal/paint.js';
import { startProgress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { asUsage } from '../terminal/usage-error.js';
import { visible } from '../terminal/visible.js';
import { CURL_EXIT, callEnding, isTimeout } from './ending.js';
import type { CurlFlags } from './flags.js';
import type { NetworkEnd } from './network-error.js';
import { createObserver, type Observer } from './observer.js';
import { type Output, OutputError, openOutput } from './output.js';
import type { PlannedRequest } from './plan.js';
import { debugLines, statusLine, type TraceOptions } from './trace.js';
import type { ReadVerdict } from './verdict-line.js';
import { readWriteOut } from './write-out.js';

interface CurlRun {
  readonly planned: PlannedRequest;
  readonly flags: CurlFlags;
  readonly signer: Signer;
  readonly trace: TraceOptions;
  readonly readVerdict: ReadVerdict;
  readonly terminal: Terminal;
}

/**
 * @returns the exit status
 * @throws UsageError before anything is sent
 */
export async function runCurl({
  planned,
  flags,
  signer,
  trace,
  readVerdict,
  terminal,
}: CurlRun): Promise<number> {
  const { method, headers, body } = planned;
  const { cacert, maxTime, connectTimeout, retry } = flags;
  const output = openOutput(flags, planned.url, terminal);
  const writeOut = flags.writeOut === undefined ? undefined : readWriteOut(flags.writeOut);
  const observer = createObserver(
    flags,
    {
      insecure: flags.insecure === true,
      ca: cacert === undefined ? undefined : asUsage('--cacert', () => readFileSync(cacert, 'utf8')),
      connectTimeoutMs: connectTimeout,
      decompress: flags.compressed === true,
    },
    trace,
    readVerdict,
    terminal,
    painter({ colour: terminal.errorColour }),
  );
  const signedFetch = createFetch(signer, {
    fetch: observer.fetch,
    sleep: observer.sleep,
    ...(retry === undefined ? {} : { attempts: retry + 1 }),
  });
  const startedMs = performance.now();
  const signal = AbortSignal.any([
    observer.givenUp,
    ...(maxTime === undefined ? [] : [AbortSignal.timeout(maxTime)]),
  ]);
  let end: NetworkEnd = { status: 0, text: '' };
  let downloadedBytes = 0;
  try {
    const response = await signedFetch(planned.url.href, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      redirect: flags.location ? 'follow' : 'manual',
      signal,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    const printed = await print(response, output, observer, signal, flags, terminal);
    end = printed.end;
    downloadedBytes = printed.bytes;
  } catch (error) {
    end = callEnding(error, observer.last().url ?? planned.url, observer.sends() > 0);
  } finally {
    await output.close();
  }
  if (end.status !== 0 && (!flags.silent || flags.showError))
    terminal.writeError(`countersign: ${visible(end.text)}\n`);
  const { url, head } = observer.last();
  const written = writeOut?.({
    method,
    url: url ?? planned.url,
    head,
    uploadedBytes: body?.length ?? 0,
    downloadedBytes,
    sends: observer.sends(),
    elapsedMs: performance.now() - startedMs,
    exitStatus: end.status,
    error: end.text,
  });
  if (written !== undefined) await terminal.writePart(written);
  return end.status;
}

interface Printed {
  readonly bytes: number;
  readonly end: NetworkEnd;
}

const MAX_PROBLEM_BYTES = 64 * 1024;

/** Writes an answer. What goes wrong with it ends here: the request was answered. */
async function print(
  response: Response,
  output: Output,
  observer: Observer,
  signal: AbortSignal,
  flags: CurlFlags,
  terminal: Terminal,
): Promise<Printed> {
  const { head } = observer.last();
  const failed = (flags.fail || flags.failWithBody) && response.status >= 400;
  const end: NetworkEnd = failed
    ? { status: CURL_EXIT.httpStatus, text: `the server answered ${response.status}` }
    : { status: 0, text: '' };
  if (failed && !flags.failWithBody) {
    await response.body?.cancel();
    return { bytes: 0, end };
  }
  const progress = startProgress(terminal, 'received');
  const problem: Uint8Array[] = [];
  let bytes = 0;
  try {
    if ((flags.include || flags.head) && head !== undefined) {
      const lines = [statusLine(head), ...head.lines.map(([name, value]) => `${name}: ${value}`)];
      await output.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
    }
    // A file is made for an empty answer too.
    await output.write(new Uint8Array());
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes <= MAX_PROBLEM_BYTES) problem.push(chunk);
      if (!(await output.write(chunk))) break;
      if (output.isFile && !flags.silent) progress.report(`${bytes} bytes`);
    }
  } catch (error) {
    return { bytes, end: printingEnd(signal.aborted ? signal.reason : error, bytes) };
  } finally {
    progress.end();
  }
  const notes: string[] = [];
  if (flags.verbose)
    notes.push(...debugLines(response.headers.get('content-type'), Buffer.concat(problem).toString()));
  const location = fieldValue(head?.lines ?? [], 'location');
  if (
    flags.location &&
    !flags.silent &&
    location !== undefined &&
    [301, 302, 307, 308].includes(response.status)
  ) {
    notes.push(
      `* the redirect to ${visible(location)} is not followed: it would execute the request a second time`,
    );
  }
  for (const note of notes) terminal.writeError(`${note}\n`);
  return { bytes, end };
}

function printingEnd(error: unknown, bytes: number): NetworkEnd {
  if (error instanceof OutputError) return { status: CURL_EXIT.cannotWrite, text: error.message };
  if (isTimeout(error)) {
    return {
      status: CURL_EXIT.timeout,
      text: `the answer was not complete within --max-time: ${bytes} bytes came`,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { status: CURL_EXIT.cutAnswer, text: `the answer was cut after ${bytes} bytes: ${message}` };
}
