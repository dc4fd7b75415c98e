/**
 * Lua: opens and saves a bucket, which is one Redis key with all of its owners' memory, and decides whether the server
 * may have forgotten. It reads the clock and raises the bucket's horizon; it knows no nonces and no budgets.
 *
 * The bucket's field `m` is its witness: horizon, when that rose, until when the key is kept, when it was last held
 * against the server's own word, how far the budgets' clock was held back, the greatest signed time swept away, whether
 * a key that is native here was ever brought elsewhere; then the server's identity. A bucket without a witness forgot everything; one with another server's may lack the last
 * writes.
 *
 * Fragments rather than Lua functions: a script is compiled once but makes its closures at every call, and those cost
 * more than what they do. So the usual path is straight, and functions stand in the branches that are seldom taken.
 */

/** What the scripts are compiled with. Times in milliseconds. */
export interface ScriptSettings {
  readonly pastMs: number;
  readonly futureMs: number;
  /** For how long a deposed master may go on writing. */
  readonly deposedMs: number;
  /** Per key. */
  readonly maxNonces: number;
  readonly maxBudgetsPerOwner: number;
  /** Tests: two more arguments, last, are the time and the budgets' time. */
  readonly injectedTime: boolean;
}

/** What every script answers first. */
export const REPLY = {
  admitted: 0,
  replayed: 1,
  limited: 2,
  stale: 3,
  future: 4,
  recovering: 5,
  late: 6,
  otherServer: 7,
  infoDenied: 8,
  fresh: 9,
  notHere: 10,
} as const;

/** How long a bucket outlives its last use, and every process that used it. */
const KEEP_MS = 86_400_000;
/** How often, at most, the witness is held against the server's own word. */
const LOOK_AGAIN_MS = 1_000;

/** The witness's numbers, as `struct` has them; the identity follows. */
const WITNESS = '<ddddddB';
const WITNESS_BYTES = 49;

/** Of a server's run id, and of the id of its replication history: together they are its identity. */
export const RUN_DIGITS = 20;

const REAL_TIME = `local time = call('TIME')
local micros = tonumber(time[2])
local now = time[1] * 1000 + (micros - micros % 1000) / 1000`;

const INJECTED_TIME = 'local now = tonumber(ARGV[#ARGV - 1])';

/**
 * Lua that comes first. ARGV[1] is the identity that the caller believes the server has.
 *
 * After it: `now`, and `write`, a list of fields and values to be saved. Functions that are called often are local:
 * finding one in its library costs as much as a short call. Numbers are packed in the byte order of usual servers.
 */
export function startLua({ injectedTime }: ScriptSettings): string {
  return `local BUCKET, ID = KEYS[1], ARGV[1]
local call, encode, decode, sub = redis.call, struct.pack, struct.unpack, string.sub
${injectedTime ? INJECTED_TIME : REAL_TIME}
local write = {}
`;
}

/**
 * Lua that takes the witness in, or returns why not.
 *
 * @param witness Lua: the field `m` or false
 */
export function openLua({ futureMs, deposedMs, injectedTime }: ScriptSettings, witness: string): string {
  return `
local witness, same = ${witness}, false
local horizon, raisedAt, keptUntil, lookedAt, heldBack, swept, moved = -1, -1, 0, 0, 0, -1, 0
local keepUntil, changed, lost = now, false, false
if witness then
  horizon, raisedAt, keptUntil, lookedAt, heldBack, swept, moved = decode('${WITNESS}', witness)
  same = sub(witness, ${WITNESS_BYTES + 1}) == ID
end
-- Another process, or an earlier configuration, may have known of a shorter time.
local short = horizon - raisedAt < ${futureMs + deposedMs}
if not same or short or now < lookedAt or now >= lookedAt + ${LOOK_AGAIN_MS} then
  local server, replication = redis.pcall('INFO', 'server'), redis.pcall('INFO', 'replication')
  local run = type(server) == 'string' and string.match(server, 'run_id:(%x+)')
  local history = type(replication) == 'string' and string.match(replication, 'master_replid:(%x+)')
  if not run or not history then return { ${REPLY.infoDenied}, now } end
  local real = sub(run, 1, ${RUN_DIGITS}) .. sub(history, 1, ${RUN_DIGITS})
  if real ~= ID then return { ${REPLY.otherServer}, now, real } end
  if same and not short then
    -- Budgets never run backwards.
    if now < lookedAt then heldBack = heldBack + lookedAt - now end
  else
    -- The server that wrote last may have had a clock ahead of this one's.
    horizon = math.max(horizon, math.max(now, lookedAt + ${LOOK_AGAIN_MS}) + ${futureMs + deposedMs})
    raisedAt, lost = now, true
  end
  lookedAt = now
  changed = true
end
local at = ${injectedTime ? 'tonumber(ARGV[#ARGV])' : 'now + heldBack'}
`;
}

/** Lua that saves `write`, and the witness where it changed, in one command; the key is kept until `keepUntil` at least. */
export function saveLua(): string {
  return `
local extend = keepUntil > keptUntil - ${KEEP_MS / 2}
if extend then keptUntil = keepUntil + ${KEEP_MS} end
if extend or changed then
  write[#write + 1] = 'm'
  write[#write + 1] = encode('${WITNESS}', horizon, raisedAt, keptUntil, lookedAt, heldBack, swept, moved) .. ID
end
if #write > 0 then call('HSET', BUCKET, unpack(write)) end
if extend then call('PEXPIRE', BUCKET, math.ceil(keptUntil - now)) end
`;
}
