/**
 * Lua: rate windows, the same as the server package's `rate-window.ts`, as packed logs: pairs of when units come back
 * and how many, oldest first, then all units in use. Times are in 64ths of a millisecond, so that slices have whole
 * numbers. It knows no nonces.
 *
 * Fields: `b<owner's length>:<owner><policy>` a budget's log; `o<owner>` the names of an owner's budgets, so that a
 * full table can tell when it has a place again.
 */
import type { ScriptSettings } from './bucket.js';
import { CHARGE } from './head.js';

/** As in `rate-window.ts`. */
const EXACT_LIMIT = 128;
export const SLICES = 64;
/** Budgets of the owner that are looked at for each new one. */
const LOOKED_AT = 4;

/** A pair: when units come back, and how many. */
export const PAIR = '<I6I4';
export const PAIR_BYTES = 10;
/** All units in use, after the pairs. */
export const USED = '<I4';
export const USED_BYTES = 4;
/** The last pair, and the units in use. */
const TAIL = '<I6I4I4';
const TAIL_BYTES: number = PAIR_BYTES + USED_BYTES;

/** Lua: `back`, when what is charged at `tick` comes back. A 64th of a window has as many ticks as the window milliseconds. */
export function comesBackLua(): string {
  return `local back = tick + ${SLICES} * windowMs
  if limit > ${EXACT_LIMIT} then back = back - tick % windowMs + windowMs end`;
}

/** Lua: `newest`, when in milliseconds the last units of `log` come back; at or before `at` when none are in use. */
export const NEWEST_LUA: string = `local newest = log and #log > ${USED_BYTES} and decode('${PAIR}', log, #log - ${TAIL_BYTES - 1}) / ${SLICES} or -1`;

/**
 * Lua: charges every budget at `at`, as if each had the units, and puts the logs after the nonce into `write` and what
 * is left, and until when, into `answer`. After it: `spent`, when one has not, and how many logs are `missing`.
 */
export function chargeLua(): string {
  return `
local spent, missing, tick = false, 0, at * ${SLICES}
for i = 1, count do
  local limit, windowMs, cost = ${CHARGE.numbers('i')}
  ${comesBackLua()}
  local log, first, newest, units, used, oldest = found[i + 2], 1, -1, 0, 0, back
  if not log then missing = missing + 1
  elseif #log > ${USED_BYTES} then newest, units, used = decode('${TAIL}', log, #log - ${TAIL_BYTES - 1}) end
  if newest > tick then
    local gone
    oldest, gone = decode('${PAIR}', log)
    while oldest <= tick do
      used, first = used - gone, first + ${PAIR_BYTES}
      oldest, gone = decode('${PAIR}', log, first)
    end
  else
    log, used = '', 0
  end
  used = used + cost
  if used > limit then
    spent = true
    break
  end
  if newest >= back then log = sub(log, first, -${TAIL_BYTES + 1}) .. encode('${TAIL}', newest, units + cost, used)
  else log = sub(log, first, -${USED_BYTES + 1}) .. encode('${TAIL}', back, cost, used) end
  write[2 * i + 3], write[2 * i + 4] = ${CHARGE.field('i')}, log
  answer = answer .. encode('<dd', limit - used, ceil((oldest - tick) / ${SLICES}))
  if now + windowMs * 1.02 > keepUntil then keepUntil = now + windowMs * 1.02 end
end
`;
}

/**
 * Lua: what the charges find, in full, where one may be refused. `found[i + 2]` is the i-th log or false.
 *
 * After it: `used`, `from` (the first pair that is in use), `waits` (false: never), and `wait` over all of them;
 * `placeWait` and `list` as below.
 */
export function lookLua({ maxBudgetsPerOwner }: ScriptSettings): string {
  return `
for i = 1, count do
  local log, units, first, own = found[i + 2], 0, 1, 0
  local limit, _, cost = ${CHARGE.numbers('i')}
  if log then
    units = decode('${USED}', log, #log - ${USED_BYTES - 1})
    while first < #log - ${USED_BYTES} do
      local back, gone = decode('${PAIR}', log, first)
      if back > tick then break end
      units = units - gone
      first = first + ${PAIR_BYTES}
    end
  end
  used[i], from[i] = units, first
  if cost > limit then
    own = false
  elseif units + cost > limit then
    local lacking, back, position = units + cost - limit, tick, first
    while lacking > 0 do
      local units
      back, units = decode('${PAIR}', log, position)
      lacking = lacking - units
      position = position + ${PAIR_BYTES}
    end
    own = ceil((back - tick) / ${SLICES})
  end
  waits[i] = own
  if not own then wait = false elseif wait and own > wait then wait = own end
end
if missing > 0 then
${placesLua(maxBudgetsPerOwner)}
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
  local present, absent, beside = {}, {}, ''
  for i = 1, count do
    local name = ${CHARGE.field('i')}
    if found[i + 2] then
      present[name] = true
      beside = beside .. encode('<I2', #name) .. name
    else
      absent[name] = true
    end
  end
  local names = call('HGET', BUCKET, listName) or encode('<dddI4I2', -1, 0, 0, 0, 0)
  local firstIdle, lackedThen, till, size, besideBytes = decode('<dddI4I2', names)
  local lacking = size + missing - ${maxBudgets}
  if count > ${maxBudgets} then
    placeWait = false
  elseif lacking > 0 and lacking == lackedThen and at < firstIdle and sub(names, 31, 30 + besideBytes) == beside then
    placeWait = ceil(till - at)
  else
    local kept, looked, times, position = {}, {}, {}, 31 + besideBytes
    local most = lacking > 0 and size or ${LOOKED_AT}
    for place = 1, size do
      local length = decode('<I2', names, position)
      local name = sub(names, position + 2, position + 1 + length)
      position = position + 2 + length
      if absent[name] then
        -- Its log went when it was idle: it is new.
      elseif place > most then
        kept[#kept + 1] = name
      elseif present[name] then
        looked[#looked + 1] = name
      else
        local log = call('HGET', BUCKET, name)
        ${NEWEST_LUA}
        if newest > at then
          looked[#looked + 1] = name
          times[#times + 1] = newest
        elseif log then
          call('HDEL', BUCKET, name)
        end
      end
    end
    for i = 1, #looked do kept[#kept + 1] = looked[i] end
    lacking = #kept + missing - ${maxBudgets}
    if lacking <= 0 then
      for i = 1, count do
        if not found[i + 2] then kept[#kept + 1] = ${CHARGE.field('i')} end
      end
      firstIdle, lacking, till = -1, 0, 0
    else
      table.sort(times)
      firstIdle, till = times[1], times[lacking]
      placeWait = ceil(till - at)
    end
    local parts = { encode('<dddI4I2', firstIdle, lacking, till, #kept, #beside) .. beside }
    for i = 1, #kept do parts[i + 1] = encode('<I2', #kept[i]) .. kept[i] end
    list = table.concat(parts)
  end
  if placeWait ~= 0 then
    for i = 1, count do
      if not found[i + 2] and waits[i] then
        waits[i] = placeWait
        if not placeWait then wait = false elseif wait and placeWait > wait then wait = placeWait end
      end
    end
  end
`;
}
