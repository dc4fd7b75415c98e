/**
 * One process of the service: an API on Hono whose verifier keeps its memory in Redis. Options come as JSON in the first
 * argument; the port goes back. It keeps a journal of what its handlers executed, and measures how long answers took.
 */
import { countersign } from '@countersign/hono';
import { redisStore } from '@countersign/redis';
import { createVerifier, keyring } from '@countersign/server';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Cluster, Redis } from 'ioredis';
import { loopDelay } from './loop-delay.mjs';

const {
  redis,
  keys,
  audience,
  tolerance,
  limits,
  clockBehindMs,
  store,
  storeTimeoutMs,
  answerWithinMs = Number.POSITIVE_INFINITY,
} = JSON.parse(process.argv[2]);
const { nodes, ...address } = redis;
const warnings = [];
const journal = [];
const unavailable = {};
const answers = { count: 0, worstMs: 0, late: 0, worstOwnMs: 0 };

let ring = keyring(keys);
const verifier = createVerifier({
  keys: { peek: (id) => ring.peek(id), find: (id) => ring.find(id) },
  audience,
  store: redisStore(
    nodes === undefined
      ? new Redis({ ...address, lazyConnect: true })
      : new Cluster(nodes, { lazyConnect: true, redisOptions: address }),
    { ...store, onWarning: (message) => warnings.push({ atMs: Date.now(), message }) },
  ),
  tolerance,
  limits,
  onVerdict: ({ code, reason }) => {
    if (code === 'store-unavailable') unavailable[reason] = (unavailable[reason] ?? 0) + 1;
  },
  ...(storeTimeoutMs === undefined ? {} : { storeTimeoutMs }),
  ...(clockBehindMs === undefined ? {} : { now: () => Date.now() - clockBehindMs }),
});

const delay = loopDelay();
const api = new Hono();
api.use(async (_, next) => {
  const began = performance.now();
  const delayedBefore = delay.totalMs();
  await next();
  const ms = performance.now() - began;
  answers.count += 1;
  answers.worstMs = Math.max(answers.worstMs, ms);
  // What the machine took from this process meanwhile is not the store's.
  const ownMs = ms - (delay.totalMs() - delayedBefore);
  answers.worstOwnMs = Math.max(answers.worstOwnMs, ownMs);
  if (ownMs > answerWithinMs) answers.late += 1;
});
const execute = (c) => {
  const [, nonce] = /nonce="([^"]+)"/.exec(c.req.header('authorization'));
  const { owner } = c.get('countersign').key;
  journal.push({ call: c.req.query('call'), nonce, owner, atMs: Date.now() });
  return c.text('done');
};
api.get('/v1/orders', countersign(verifier, { scope: 'orders:read' }), execute);
api.post('/v1/orders', countersign(verifier, { scope: 'orders:write' }), execute);

const server = serve({ fetch: api.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  process.send({ port }),
);
// No connection closes just when it is used again.
server.keepAliveTimeout = 60_000;

process.on('message', ({ id, keys: reloaded }) => {
  if (reloaded !== undefined) ring = keyring(reloaded);
  process.send({
    id,
    report: { journal, answers, warnings, unavailable, worstDelayMs: delay.takeWorstMs() },
  });
});
process.on('disconnect', () => process.exit());
