/**
 * Lua: the nonces of one key. They are packed into fields of the bucket by hash, 22 bytes each (the nonce and its
 * signed time), in order of admission; the number of fields grows with them, one at a time (linear hashing). Groups
 * of admissions, in the order of their time, keep the count and tell what goes first at the cap. It knows no budgets.
 *
 * Fields, where `key` is the first one's name: `k<id>` the key's record; `nk<id><3 bytes>` a pack of nonces; `gk<id>` the closed groups, each the greatest
 * signed time and the number of nonces.
 */
import type { ScriptSettings } from './bucket.js';

/** Nonces a field, on average, before there is one field more. */
const LOAD = 16;
/** A pack that is this long was made so on purpose: random UUIDs do not collide like that. */
const MAX_PACK = 512;
/** Groups in an acceptance window, or in the cap. */
const GROUPS = 16;
/** A nonce and its signed time. */
export const ENTRY_BYTES = 22;

/**
 * Lua that takes a key's record in: the number of fields, of nonces in closed groups and in the open one; the greatest
 * signed time forgotten at the cap, and when; the greatest forgotten by age or declared stale; the greatest of the
 * open group, and since when it is open; until when the key's home is here, and the number of the move that brought it,
 * and when (`homes.ts`).
 *
 * @param record Lua: the field `k<key>` or false
 */
export function loadKeyLua(record: string): string {
  return `
local record = ${record}
local fields, closed, opened, capped, cappedAt, expired, groupLatest, groupSince, homeUntil, move, settledAt = 1, 0, 0, -1, -1, -1, -1, now, 0, 0, -1
if record then
  fields, closed, opened, capped, cappedAt, expired, groupLatest, groupSince, homeUntil, move, settledAt = struct.unpack('>I4I4I4ddddddI4d', record)
end
`;
}

export const KEY_RECORD =
  "struct.pack('>I4I4I4ddddddI4d', fields, closed, opened, capped, cappedAt, expired, groupLatest, groupSince, homeUntil, move, settledAt)";

/** Lua: the horizon over a key, and since when what was signed at `signed` is certainly dead under it. */
export function keyHorizonLua({ deposedMs }: ScriptSettings): string {
  return `
local top, deadSince = math.max(horizon, swept, capped, expired), now
if signed <= top then
  -- Until then a deposed master may have admitted it.
  if signed <= horizon then deadSince = raisedAt + ${deposedMs} end
  if signed <= capped and cappedAt < deadSince then deadSince = cappedAt end
end
`;
}

/** Lua: the field of a nonce that has this hash, among `count` fields: its low bits, one fewer where that field is not there yet. */
function fieldIndex(target: string, hash: string, count: string): string {
  return `local _, exponent = math.frexp(${count})
  local size = 2 ^ exponent
  local ${target} = ${hash} % size
  if ${target} >= ${count} then ${target} = ${target} - size / 2 end`;
}

/** Lua: every bit of the nonce counts, also where it comes from a counter or a poor generator; exact below 2^53. */
function hashOf(a: string, b: string, c: string, d: string): string {
  return `(${a} * 262147 + ${b} * 131101 + ${c} * 65537 + ${d} * 32771) % 4294967291`;
}

/** Lua: finds `nonce`, whose words are `a` to `d`. After it: `packName`, `pack`, and `position`, nil when it is not there. */
export function findNonceLua(): string {
  return `
local packName, pack, position
do
  local hash = ${hashOf('a', 'b', 'c', 'd')}
  ${fieldIndex('index', 'hash', 'fields')}
  packName = 'n' .. key .. struct.pack('>I3', index)
  pack = redis.call('HGET', BUCKET, packName) or ''
  position = string.find(pack, nonce, 1, true)
  while position and position % ${ENTRY_BYTES} ~= 1 do position = string.find(pack, nonce, position + 1, true) end
end
`;
}

/** Lua: makes room for one nonce more. Closes the open group in time; at the cap the oldest group goes. */
export function makeRoomLua({ maxNonces, pastMs, futureMs }: ScriptSettings): string {
  const groupSize = Math.max(1, Math.floor(maxNonces / GROUPS));
  const groupMs = Math.ceil((pastMs + futureMs) / GROUPS);
  return `
if closed + opened >= ${maxNonces} or opened >= ${groupSize} or (opened > 0 and now - groupSince >= ${groupMs}) then
  local groups = (redis.call('HGET', BUCKET, 'g' .. key) or '') .. struct.pack('>dI4', groupLatest, opened)
  closed, opened, groupLatest, groupSince = closed + opened, 0, -1, now
  while #groups > 0 do
    local last, count = struct.unpack('>dI4', groups)
    if last < now - ${pastMs} then
      expired = math.max(expired, last)
    elseif closed >= ${maxNonces} then
      if last > capped then capped, cappedAt = last, now end
    else
      break
    end
    closed = closed - count
    groups = string.sub(groups, 13)
  end
  write[#write + 1] = 'g' .. key
  write[#write + 1] = groups
end
`;
}

/** Lua: adds the nonce that `findNonceLua` did not find to its pack, without the dead ones at the pack's front. */
export function claimNonceLua({ pastMs }: ScriptSettings): string {
  return `
do
  local from, oldest = 1, now - ${pastMs}
  if #pack >= ${MAX_PACK * ENTRY_BYTES} then
    for crowd = 1, ${(MAX_PACK / 2) * ENTRY_BYTES}, ${ENTRY_BYTES} do
      local last = struct.unpack('>I6', pack, crowd + 16)
      if last > capped then capped, cappedAt = last, now end
    end
  end
  while from < #pack do
    local last = struct.unpack('>I6', pack, from + 16)
    if last < oldest then
      if last > expired then expired = last end
    elseif last > capped then
      break
    end
    from = from + ${ENTRY_BYTES}
  end
  if from > 1 then pack = string.sub(pack, from) end
  opened = opened + 1
  if signed > groupLatest then groupLatest = signed end
  write[#write + 1] = packName
  write[#write + 1] = pack .. nonce .. struct.pack('>I6', signed)
end
`;
}

/** Lua: where packs are crowded there is one field more, and its parent's nonces are parted. Saves what is to be written first. */
export function growLua(): string {
  return `
if closed + opened > fields * ${LOAD} then
  redis.call('HSET', BUCKET, unpack(write))
  write = {}
  local _, exponent = math.frexp(fields)
  local parentName = 'n' .. key .. struct.pack('>I3', fields - 2 ^ (exponent - 1))
  local addedName = 'n' .. key .. struct.pack('>I3', fields)
  local parent, added = redis.call('HGET', BUCKET, parentName) or '', fields
  local stay, go = {}, {}
  fields = fields + 1
  for from = 1, #parent, ${ENTRY_BYTES} do
    local a, b, c, d = struct.unpack('>I4I4I4I4', parent, from)
    local hash = ${hashOf('a', 'b', 'c', 'd')}
    ${fieldIndex('index', 'hash', 'fields')}
    local side = index == added and go or stay
    side[#side + 1] = string.sub(parent, from, from + ${ENTRY_BYTES - 1})
  end
  redis.call('HSET', BUCKET, parentName, table.concat(stay), addedName, table.concat(go))
end
`;
}
