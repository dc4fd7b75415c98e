/**
 * Lua: rate windows, the same as the server package's `rate-window.ts` to the bit, as packed logs: units in use, then
 * pairs of when units come back and how many. It knows no nonces.
 *
 * Fields: `b<owner's length>:<owner><policy>` a budget's log; `o<owner>` the names of an owner's budgets, so that a
 * full table can tell when it has a place again.
 */
import type { ScriptSettings } from './bucket.js';
import { CHARGE } from './head.js';

/** As in `rate-window.ts`. */
const EXACT_LIMIT = 128;
const SLICES = 64;
/** Budgets of the owner that are looked at for each new one. */
const LOOKED_AT = 4;

/**
 * Lua: what the charges find. `logs[i]` is the i-th log or false.
 *
 * After it: `used`, `from` (the first pair that is in use), `waits` (false: never), and `wait` over all of them.
 */
export function lookLua({ maxBudgetsPerOwner }: ScriptSettings): string {
  return `
local used, from, waits, wait, missing = {}, {}, {}, 0, 0
for i = 1, count do
  local log, units, first, own = found[i + 3], 0, 9, 0
  local limit, _, cost = ${CHARGE.numbers('i')}
  if log then
    units = struct.unpack('>d', log)
    while first < #log do
      local back, gone = struct.unpack('>dd', log, first)
      if back > at then break end
      units = units - gone
      first = first + 16
    end
  else
    missing = missing + 1
  end
  used[i], from[i] = units, first
  if cost > limit then
    own = false
  elseif units + cost > limit then
    local lacking, back, position = units + cost - limit, at, first
    while lacking > 0 do
      local units
      back, units = struct.unpack('>dd', log, position)
      lacking = lacking - units
      position = position + 16
    end
    own = math.ceil(back - at)
  end
  waits[i] = own
  if not own then wait = false elseif wait and own > wait then wait = own end
end
local placeWait, list = 0, nil
if missing > 0 then
${placesLua(maxBudgetsPerOwner)}
end
`;
}

/** Lua: `back`, when what is charged at `at` comes back. */
export function comesBackLua(): string {
  return `local back = at + windowMs
  if limit > ${EXACT_LIMIT} then
    local slice = windowMs / ${SLICES}
    back = (math.floor(at / slice) + 1) * slice + windowMs
  end`;
}

/** Lua: charges the i-th budget at `at`: `log` becomes the log to save. */
export function chargeLua(): string {
  return `
  local limit, windowMs, cost = ${CHARGE.numbers('i')}
  ${comesBackLua()}
  local log, left = found[i + 3] or '', limit - used[i] - cost
  local head, first = struct.pack('>d', used[i] + cost), from[i]
  if first >= #log then
    log = head .. struct.pack('>dd', back, cost)
  else
    local newest, units = struct.unpack('>dd', log, #log - 15)
    if newest >= back then log = head .. string.sub(log, first, -9) .. struct.pack('>d', units + cost)
    else log = head .. string.sub(log, first) .. struct.pack('>dd', back, cost) end
  end
`;
}

/**
 * Lua: whether the owner's table has a place for each missing budget. `placeWait`: 0, how long until then, or false for
 * never; `list`: the owner's list with the new names. Idle budgets are dropped on the way. A full list keeps what was
 * found out about it: until `firstIdle` nothing changes for a request that has the same budgets beside the missing ones,
 * so that asking again costs next to nothing.
 */
function placesLua(maxBudgets: number): string {
  return `
  local present, absent, beside, listName = {}, {}, '', 'o' .. owner
  for i = 1, count do
    local name = ${CHARGE.field('i')}
    if found[i + 3] then
      present[name] = true
      beside = beside .. struct.pack('>I2', #name) .. name
    else
      absent[name] = true
    end
  end
  local names = redis.call('HGET', BUCKET, listName) or struct.pack('>dddI4I2', -1, 0, 0, 0, 0)
  local firstIdle, lackedThen, till, size, besideBytes = struct.unpack('>dddI4I2', names)
  local lacking = size + missing - ${maxBudgets}
  if count > ${maxBudgets} then
    placeWait = false
  elseif lacking > 0 and lacking == lackedThen and at < firstIdle and string.sub(names, 31, 30 + besideBytes) == beside then
    placeWait = math.ceil(till - at)
  else
    local kept, looked, times, position = {}, {}, {}, 31 + besideBytes
    local most = lacking > 0 and size or ${LOOKED_AT}
    for place = 1, size do
      local length = struct.unpack('>I2', names, position)
      local name = string.sub(names, position + 2, position + 1 + length)
      position = position + 2 + length
      if absent[name] then
        -- Its log went when it was idle: it is new.
      elseif place > most then
        kept[#kept + 1] = name
      elseif present[name] then
        looked[#looked + 1] = name
      else
        local log = redis.call('HGET', BUCKET, name)
        local idle = log and #log > 8 and struct.unpack('>d', log, #log - 15) or -1
        if idle > at then
          looked[#looked + 1] = name
          times[#times + 1] = idle
        elseif log then
          redis.call('HDEL', BUCKET, name)
        end
      end
    end
    for i = 1, #looked do kept[#kept + 1] = looked[i] end
    lacking = #kept + missing - ${maxBudgets}
    if lacking <= 0 then
      for i = 1, count do
        if not found[i + 3] then kept[#kept + 1] = ${CHARGE.field('i')} end
      end
      firstIdle, lacking, till = -1, 0, 0
    else
      table.sort(times)
      firstIdle, till = times[1], times[lacking]
      placeWait = math.ceil(till - at)
    end
    local parts = { struct.pack('>dddI4I2', firstIdle, lacking, till, #kept, #beside) .. beside }
    for i = 1, #kept do parts[i + 1] = struct.pack('>I2', #kept[i]) .. kept[i] end
    list = table.concat(parts)
  end
  if placeWait ~= 0 then
    for i = 1, count do
      if not found[i + 3] and waits[i] then
        waits[i] = placeWait
        if not placeWait then wait = false elseif wait and placeWait > wait then wait = placeWait end
      end
    end
    if list then write = { listName, list } end
  end
`;
}
