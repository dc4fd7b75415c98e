/**
 * An API of some verifier's, as a real server on 127.0.0.1: right as it stands, and with one part replaced as broken as
 * the probe is to find it. The answers are worded as @countersign/server words them.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FieldLine, formatSecret, formatVerdict, SCHEME, VERDICT_FIELD } from '@countersign/canonical';
import { REFUSALS } from '@countersign/server';
import {
  createMemory,
  type Habits,
  type Level,
  type Limits,
  type Memory,
  type Outcome,
  rightHabits,
} from './memory.js';
import { canonicalPathOf, findRoute, type Route } from './routes.js';
import {
  type Call,
  type ProvedCall,
  type RefusedCall,
  rightSteps,
  type Setting,
  type Steps,
  verification,
} from './steps.js';

/** Everything that a hole can take the place of. */
export interface Parts extends Steps, Habits {
  /** The route whose scope is verified; `undefined`: nobody is asked for a signature. */
  readonly guarded: (call: Call) => Route | undefined;
  /** The route that runs. */
  readonly run: (call: Call) => Route | undefined;
  /** How the memory is asked. */
  readonly ask: (memory: Memory) => Memory;
  /** Whether each process has a memory of its own. */
  readonly memoryEach: boolean;
}

/** One API in two processes: two servers on ports of their own. */
export interface Service {
  readonly url: string;
  readonly twinUrl: string;
  readonly close: () => Promise<void>;
}

/** What is replaced, given what is right. */
export type Break = (right: Parts, setting: Setting, limits: Limits) => Partial<Parts>;

export const KEY_ID = 'partner_1';
export const SECRET: string = formatSecret(new Uint8Array(32).fill(7));

const PAST_MS = 300_000;
const FUTURE_MS = 10_000;
/** The limit of the request that is attacked: a window that is soon waited out. */
export const RATE = '5/2s';
const LIMITS: Limits = {
  '*': { limit: 1_000, windowMs: 60_000 },
  'orders:write': { limit: 5, windowMs: 2_000 },
};
/** So wide that no attack is refused for another reason than its own. */
const WIDE: Limits = {
  '*': { limit: 100_000, windowMs: 60_000 },
  'orders:write': { limit: 100_000, windowMs: 2_000 },
};

/**
 * @param hole what to replace; absent: nothing, and the server is right
 * @param options.wide whether its limits are none that a probe meets
 */
export async function startService(
  hole: Break = () => ({}),
  { pastMs = PAST_MS, wide = false }: { readonly pastMs?: number | undefined; readonly wide?: boolean } = {},
): Promise<Service> {
  const limits = wide ? WIDE : LIMITS;
  const servers = [createServer(), createServer()];
  const authorities = await Promise.all(servers.map(listen));
  const setting: Setting = {
    keyId: KEY_ID,
    secret: SECRET,
    grants: ['orders'],
    audience: authorities,
    pastMs,
    futureMs: FUTURE_MS,
  };
  const run = ({ method, target }: Call): Route | undefined => {
    const path = canonicalPathOf(target);
    return path === undefined ? undefined : findRoute(method, path);
  };
  const right: Parts = {
    ...rightSteps(setting),
    ...rightHabits(setting, limits),
    guarded: (call) => (canonicalPathOf(call.target) === undefined ? ANYWHERE : run(call)),
    run,
    ask: (memory) => memory,
    memoryEach: false,
  };
  const parts = { ...right, ...hole(right, setting, limits) };
  const shared = createMemory(parts);
  for (const server of servers) {
    const memory = parts.memoryEach ? createMemory(parts) : shared;
    const answer = answerer(parts, setting, parts.ask(memory));
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void answer(request, response),
    );
  }
  const [url = '', twinUrl = ''] = authorities.map((authority) => `http://${authority}`);
  return { url, twinUrl, close: async () => void (await Promise.all(servers.map(stop))) };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

/** For a target that no route has, so that the verifier says what is wrong with it. */
const ANYWHERE: Route = { method: 'GET', path: /(?!)/, scope: 'orders', children: false };

function answerer(parts: Parts, setting: Setting, admit: Memory) {
  const verify = verification(parts, setting);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request).catch(() => undefined);
    if (call === undefined) return;
    const guarded = parts.guarded(call);
    const run = parts.run(call);
    if (guarded === undefined) return handle(run, response);
    const proved = verify(call, guarded, Date.now());
    if ('code' in proved) return refuse(response, proved);
    const outcome = await admit(proved, call, statusOf(run));
    if (outcome.code !== 'admitted') return refuse(response, { code: outcome.code, proved }, outcome);
    tellLevels(response, outcome.levels);
    handle(run, response);
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const { method = '', url: target = '', rawHeaders } = request;
  const lines: FieldLine[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return { method, target, lines, body: Buffer.concat(await request.toArray()) };
}

function statusOf(run: Route | undefined): number {
  return run === undefined ? 404 : 200;
}

function handle(run: Route | undefined, response: ServerResponse): void {
  response.writeHead(statusOf(run), { 'content-type': 'application/json' });
  response.end(JSON.stringify(run === undefined ? { error: 'no such route' } : { ran: run.scope }));
}

function refuse(response: ServerResponse, { code, proved }: RefusedCall, outcome?: Outcome): void {
  const unknown = { status: 401, title: 'Unknown key', detail: 'There is no such key.' };
  const { status, title, detail } = code === 'unknown-key' ? unknown : REFUSALS[code];
  const retryAfterMs = outcome?.code === 'rate-limited' ? Math.ceil(outcome.retryAfterMs) : undefined;
  if (status === 401) response.setHeader('www-authenticate', SCHEME);
  if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000));
  tellLevels(response, outcome?.levels ?? []);
  if (proved !== undefined) tellVerdict(response, code, proved, retryAfterMs);
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ type: `urn:countersign:problem:${code}`, title, status, detail, code }));
}

function tellVerdict(
  response: ServerResponse,
  code: string,
  { request, secret }: Omit<ProvedCall, 'scope'>,
  retryAfterMs: number | undefined,
): void {
  const verdict = { code, timeMs: Date.now(), retryAfterMs };
  response.setHeader(VERDICT_FIELD, formatVerdict(secret, request.authorization, verdict));
}

function tellLevels(response: ServerResponse, levels: readonly Level[]): void {
  if (levels.length === 0) return;
  const seconds = (ms: number): number => Math.ceil(ms / 1000);
  const policy = levels.map(({ name, limit, windowMs }) => `"${name}";q=${limit};w=${seconds(windowMs)}`);
  const left = levels.map(({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${seconds(resetMs)}`);
  response.setHeader('ratelimit-policy', policy.join(', '));
  response.setHeader('ratelimit', left.join(', '));
}
