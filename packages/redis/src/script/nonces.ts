/**
 * Lua: the nonces of one key. They are packed into fields of the bucket by hash, 22 bytes each (the nonce, stirred,
 * and its signed time), in order of admission; the number of fields grows with them, one at a time (linear hashing). Groups
 * of admissions, in the order of their time, keep the count and tell what goes first at the cap. It knows no budgets.
 *
 * Fields, where `key` is the first one's name: `k<id>` the key's record; `nk<id><3 bytes>` a pack of nonces; `gk<id>` the closed groups, each the greatest
 * signed time and the number of nonces.
 */
import type { ScriptSettings } from './bucket.js';
import { ENTRY_BYTES, HEAD } from './head.js';

/** Nonces a field, on average, before there is one field more. */
const LOAD = 16;
/** A pack that is this long was made so on purpose: random UUIDs do not collide like that. */
const MAX_PACK = 512;
/** Groups in an acceptance window, or in the cap. */
const GROUPS = 16;

/** A record's numbers as `struct` has them: those that every key has, and those of a key that was at its cap, or moved. */
const USUAL = '<I4I4I4I4ddd';
const USUAL_BYTES = 40;
const SELDOM = '<ddddI4';

/**
 * Lua that takes a key's record in: the number of fields, and the least power of two above it; the number of nonces in
 * closed groups and in the open one; the greatest signed time forgotten by age or declared stale; the greatest of the
 * open group, and since when it is open. Seldom: the greatest forgotten at the cap, and when; until when the key's home
 * is here, when it came, and the number of the move that brought it (`homes.ts`).
 *
 * @param record Lua: the field `k<key>` or false
 */
export function loadKeyLua(record: string): string {
  return `
local record = ${record}
local fields, size, closed, opened, expired, groupLatest, groupSince = 1, 2, 0, 0, -1, -1, now
local capped, cappedAt, homeUntil, settledAt, move = -1, -1, 0, -1, 0
if record then
  fields, size, closed, opened, expired, groupLatest, groupSince = decode('${USUAL}', record)
  if #record > ${USUAL_BYTES} then
    capped, cappedAt, homeUntil, settledAt, move = decode('${SELDOM}', record, ${USUAL_BYTES + 1})
  end
end
`;
}

/** Lua: the record, as it is to be saved. */
export const KEY_RECORD: string = `encode('${USUAL}', fields, size, closed, opened, expired, groupLatest, groupSince)
  .. ((capped >= 0 or move > 0) and encode('${SELDOM}', capped, cappedAt, homeUntil, settledAt, move) or '')`;

/** Lua: `latest`, the greatest signed time that `value`, a record, knows of outside closed groups; `homeUntil`. */
export const LATEST_OF_KEY_LUA: string = `
local _, _, _, _, expired, groupLatest = decode('${USUAL}', value)
local latest, homeUntil = math.max(expired, groupLatest), 0
if #value > ${USUAL_BYTES} then
  local capped, _, home = decode('${SELDOM}', value, ${USUAL_BYTES + 1})
  latest, homeUntil = math.max(latest, capped), home
end`;

/** Lua: the horizon over a key, and since when what was signed at `signed` is certainly dead under it. */
export function keyHorizonLua({ deposedMs }: ScriptSettings): string {
  return `
local top, deadSince = -1, now
if signed <= horizon or signed <= swept or signed <= capped or signed <= expired then
  top = math.max(horizon, swept, capped, expired)
  -- Until then a deposed master may have admitted it.
  if signed <= horizon then deadSince = raisedAt + ${deposedMs} end
  if signed <= capped and cappedAt < deadSince then deadSince = cappedAt end
end
`;
}

/** Lua: the number of the field of a nonce that has this hash: its low bits, one fewer where that field is not there yet. */
function fieldIndexLua(target: string, hash: string): string {
  return `local ${target} = ${hash} % size
  if ${target} >= fields then ${target} = ${target} - size / 2 end`;
}

/** Lua: the name of the field that has this number. */
function fieldName(index: string): string {
  return `'n' .. key .. encode('<I3', ${index})`;
}

/** Lua: finds `nonce`. After it: `packName`, `pack`, and `position`, nil when it is not there. */
export function findNonceLua(): string {
  return `
${fieldIndexLua('index', 'hash')}
local packName = ${fieldName('index')}
local pack = call('HGET', BUCKET, packName) or ''
local position = string.find(pack, nonce, 1, true)
while position and position % ${ENTRY_BYTES} ~= 1 do position = string.find(pack, nonce, position + 1, true) end
`;
}

/** Lua: makes room for one nonce more. Closes the open group in time; at the cap the oldest group goes. */
export function makeRoomLua({ maxNonces, pastMs, futureMs }: ScriptSettings): string {
  const groupSize = Math.max(1, Math.floor(maxNonces / GROUPS));
  const groupMs = Math.ceil((pastMs + futureMs) / GROUPS);
  return `
if closed + opened >= ${maxNonces} or opened >= ${groupSize} or (opened > 0 and now - groupSince >= ${groupMs}) then
  local groups = (call('HGET', BUCKET, 'g' .. key) or '') .. encode('<dI4', groupLatest, opened)
  closed, opened, groupLatest, groupSince = closed + opened, 0, -1, now
  while #groups > 0 do
    local last, count = decode('<dI4', groups)
    if last < now - ${pastMs} then
      expired = math.max(expired, last)
    elseif closed >= ${maxNonces} then
      if last > capped then capped, cappedAt = last, now end
    else
      break
    end
    closed = closed - count
    groups = sub(groups, 13)
  end
  write[#write + 1] = 'g' .. key
  write[#write + 1] = groups
end
`;
}

/** Lua: adds the nonce that `findNonceLua` did not find to `pack`, and takes the dead ones at its front away. */
export function claimNonceLua({ pastMs }: ScriptSettings): string {
  return `
do
  local from, oldest = 1, now - ${pastMs}
  if #pack >= ${MAX_PACK * ENTRY_BYTES} then
    for crowd = 1, ${(MAX_PACK / 2) * ENTRY_BYTES}, ${ENTRY_BYTES} do
      local last = decode('<I6', pack, crowd + 16)
      if last > capped then capped, cappedAt = last, now end
    end
  end
  while from < #pack do
    local last = decode('<I6', pack, from + 16)
    if last < oldest then
      if last > expired then expired = last end
    elseif last > capped then
      break
    end
    from = from + ${ENTRY_BYTES}
  end
  if from > 1 then pack = sub(pack, from) end
  pack = pack .. ${HEAD.entry}
  opened = opened + 1
  if signed > groupLatest then groupLatest = signed end
end
`;
}

/** Lua: where packs are crowded there is one field more, and its parent's nonces are parted. */
export function growLua(): string {
  return `
if closed + opened > fields * ${LOAD} then
  local parentName, addedName, added = ${fieldName('fields - size / 2')}, ${fieldName('fields')}, fields
  local parent = parentName == packName and pack or call('HGET', BUCKET, parentName) or ''
  local stay, go = {}, {}
  fields = fields + 1
  if fields == size then size = 2 * size end
  for from = 1, #parent, ${ENTRY_BYTES} do
    local hash = decode('<I4', parent, from)
    ${fieldIndexLua('index', 'hash')}
    local side = index == added and go or stay
    side[#side + 1] = sub(parent, from, from + ${ENTRY_BYTES - 1})
  end
  stay = table.concat(stay)
  if parentName == packName then
    pack = stay
  else
    write[#write + 1] = parentName
    write[#write + 1] = stay
  end
  write[#write + 1] = addedName
  write[#write + 1] = table.concat(go)
end
`;
}
