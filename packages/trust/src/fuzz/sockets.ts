/**
 * Raw bytes over real sockets, to a real server on Hono and on Express: signed requests with damage anywhere, cut, doubled, one spliced
 * into another. The server lives, answers no 500, ends each connection, runs a handler only for what was signed, and once.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readRequest, requestPolicy } from '@countersign/canonical';
import { type SignedHead, TEST_AUDIENCE } from '@countersign/testkit';
import fc from 'fast-check';
import { edited, edits } from './edits.js';
import { KINDS_OF_REQUEST, original } from './originals.js';
import { count, type Part, type PartResult, type Tally } from './part.js';
import { type Handled, handled } from './socket-server.js';

/** Connections at a time. */
const CONCURRENT = 48;
/** A server that keeps a connection for longer, after its client has ended it, has forgotten it. */
const HANG_MS = 15_000;
const MAX_FINDINGS = 5;
const POLICY = requestPolicy({ audience: TEST_AUDIENCE });

const plans = fc.record({
  kind: fc.nat(KINDS_OF_REQUEST - 1),
  second: fc.option(fc.nat(KINDS_OF_REQUEST - 1), { nil: undefined, freq: 2 }),
  chunked: fc.boolean(),
  edits: edits(3),
  junk: fc.oneof(
    { weight: 19, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  ),
});
type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never;

/** The fuzzed server, as far as the sender knows it. */
export interface FuzzedServer {
  readonly ports: Readonly<Record<string, number>>;
  /** What no handler of its process caught. */
  readonly uncaught: readonly string[];
  readonly stop: () => void;
}

/** Starts it in a process of its own. @param script a module that serves when it is run as a process */
export function startFuzzedServer(script: string): Promise<FuzzedServer> {
  const child: ChildProcess = fork(script, ['socket-server'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const uncaught: string[] = [];
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => {
      uncaught.push(`the server's process ended with ${code}`);
      reject(new Error('the server did not start'));
    });
    child.on('message', (message: { ports?: Record<string, number>; uncaught?: string }) => {
      if (message.uncaught !== undefined) uncaught.push(message.uncaught);
      // Too late for a server that runs; what it has not caught is a finding then.
      if (message.uncaught !== undefined) reject(new Error(message.uncaught));
      if (message.ports === undefined) return;
      const stop = (): void => {
        child.removeAllListeners('exit');
        child.kill();
      };
      resolve({ ports: message.ports, uncaught, stop });
    });
  });
}

export function socketsPart(start: () => Promise<FuzzedServer> = startOwn): Part {
  const run: Part['run'] = async (inputs, seed, tell) => {
    const server = await start();
    try {
      return await sendAll(server, inputs, seed, tell);
    } finally {
      server.stop();
    }
  };
  const about =
    'raw bytes over sockets, Hono and Express: no 500, no hanging connection, only what was signed is handled, once';
  return { name: 'sockets', about, share: 0.03, run };
}

function startOwn(): Promise<FuzzedServer> {
  return startFuzzedServer(fileURLToPath(new URL('./main.js', import.meta.url)));
}

async function sendAll(
  server: FuzzedServer,
  inputs: number,
  seed: number,
  tell: (tried: number) => void,
): Promise<PartResult> {
  const tally: Tally = new Map();
  const findings: string[] = [];
  const names = Object.keys(server.ports);
  const generated = fc.stream(planned(seed)).take(inputs)[Symbol.iterator]();
  let tried = 0;
  const worker = async (source: number): Promise<void> => {
    for (let next = generated.next(); !next.done && findings.length < MAX_FINDINGS; next = generated.next()) {
      const [index, plan] = next.value;
      const name = names[index % names.length] ?? '';
      const heads = [plan.kind, ...(plan.second === undefined ? [] : [plan.second])].map((kind) =>
        original(kind, Date.now()),
      );
      const bytes = bytesOf(plan, heads);
      const answers = await send(server.ports[name] ?? 0, bytes, source);
      for (const problem of judge(heads, answers, tally, name)) {
        findings.push(
          `sockets, ${name}, seed ${seed}, input ${index}: ${problem}\n${JSON.stringify(bytes.toString('latin1'))}`,
        );
      }
      if (++tried % 5_000 === 0) tell(tried);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, (_, index) => worker(index)));
  for (const [name, port] of Object.entries(server.ports)) {
    const answers = await send(port, wire(original(0, Date.now()), false), 0);
    if (!answers?.startsWith('HTTP/1.1 200'))
      findings.push(`sockets, ${name}: no 200 for a right request at the end`);
  }
  findings.push(...server.uncaught.map((text) => `sockets: not caught: ${text}`));
  return { inputs: tried, outcomes: Object.fromEntries(tally), findings };
}

function* planned(seed: number): Generator<readonly [number, Plan]> {
  for (let index = 0; ; ) {
    // Samples are lists: a thousand at a time.
    for (const plan of fc.sample(plans, { numRuns: 1_000, seed: seed + index })) yield [index++, plan];
  }
}

function wire({ method, target, headers, body }: SignedHead, chunked: boolean): Buffer {
  const octets = Buffer.from(body);
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${octets.length}`;
  const framed = ['User-Agent: fuzz', 'Accept: */*', ...(octets.length === 0 ? [] : [framing])];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...framed,
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (!chunked || octets.length === 0) return Buffer.concat([head, octets]);
  return Buffer.concat([
    head,
    Buffer.from(`${octets.length.toString(16)}\r\n`),
    octets,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
}

function bytesOf({ edits, junk, chunked }: Plan, heads: readonly SignedHead[]): Buffer {
  if (junk !== undefined) return Buffer.from(junk);
  const [first, second] = heads.map((head) => wire(head, chunked).toString('latin1'));
  // One spliced into the other is the stuff of request smuggling; damage comes on top.
  return Buffer.from(edited(`${first}${second ?? ''}`, edits), 'latin1');
}

/** All that comes back until the server closes, or `undefined` when it does not. */
function send(port: number, bytes: Buffer, source: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    // A source of its own for each worker: thousands of connections a second would use up the ports of one.
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + source}` });
    const timer = setTimeout(() => finish(undefined), HANG_MS);
    const finish = (answer: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => finish(text));
    socket.on('close', () => finish(text));
    socket.end(bytes);
  });
}

function* judge(
  heads: readonly SignedHead[],
  text: string | undefined,
  tally: Tally,
  name: string,
): Generator<string> {
  if (text === undefined) {
    yield 'the connection stays open though its client has ended it';
    return;
  }
  const seen = new Set<string>();
  const statuses = [...text.matchAll(/^HTTP\/1\.1 ([0-9]{3})/gm)].map(([, status]) => status ?? '');
  if (statuses.length === 0) count(tally, `${name}: closed`);
  for (const status of statuses) {
    count(tally, `${name}: ${status}`);
    if (status >= '500') yield `answered ${status}`;
  }
  for (const [json] of text.matchAll(/\{"nonce":"[^\n]*?"bodyDigest":"[0-9a-f]*"\}/g)) {
    const got = JSON.parse(json) as Handled;
    const head = heads.find(({ nonce }) => nonce === got.nonce);
    if (head === undefined || seen.has(got.nonce))
      yield `handled ${head === undefined ? 'what nobody signed' : 'twice'}: ${json}`;
    else if (JSON.stringify(meant(head)) !== JSON.stringify(got))
      yield `handled with another meaning: ${json}`;
    seen.add(got.nonce);
  }
}

function meant({ method, target, headers, body }: SignedHead): Handled {
  const { parts } = readRequest({ method, target, headers }, POLICY);
  return handled(parts as Parameters<typeof handled>[0], Buffer.from(body));
}
