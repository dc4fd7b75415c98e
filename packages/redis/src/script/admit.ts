/**
 * Lua: the admission, whole. Order inside: server and horizon, window, replay, budgets, then the claim; everything is
 * written at the end, in one command, so that a refusal changes nothing and a failure leaves nothing half done.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { chargeLua, lookLua, PAIR, SLICES, USED_BYTES } from './budgets.js';
import { CHARGE, FIXED_ARGUMENTS, HEAD, headLua } from './head.js';
import { isHomeLua } from './homes.js';
import {
  claimNonceLua,
  findNonceLua,
  growLua,
  KEY_RECORD,
  keyHorizonLua,
  loadKeyLua,
  makeRoomLua,
} from './nonces.js';

/**
 * ARGV: identity, the head (`head.ts`), `k<key>`, then the charges' fields.
 *
 * Replies: `[code, now, …]`. Admitted, as one string of doubles without the code: now, the budgets' time and, for each
 * charge, units left, and milliseconds until more come. Limited: the wait (-1: for ever) and, for each charge, the same
 * and whether it was violated. Recovering: the horizon, since when the signature is dead, and whether the horizon rose
 * just now.
 */
export function admitScript(settings: ScriptSettings): string {
  const { pastMs, futureMs, injectedTime } = settings;
  return `${startLua(settings)}
local ceil = math.ceil
${headLua(injectedTime)}
local found = call('HMGET', BUCKET, 'm', unpack(ARGV, ${FIXED_ARGUMENTS}, ${FIXED_ARGUMENTS} + count))
${openLua(settings, 'found[1]')}
local answer
repeat
  if by > 0 and now > by then
    answer = { ${REPLY.late}, now }
    break
  end
  if signed > now + ${futureMs} then
    answer = { ${REPLY.future}, now }
    break
  end
  ${loadKeyLua('found[2]')}
  ${isHomeLua(settings)}
  if not isHome then
    answer = { ${REPLY.notHere}, now }
    break
  end
  if signed < now - ${pastMs} then
    -- A client that hears this may sign anew, so the old signature stays dead, whatever the clock does.
    if signed > expired then expired = signed end
    write = { key, ${KEY_RECORD} }
    answer = { ${REPLY.stale}, now }
    break
  end
  ${keyHorizonLua(settings)}
  if signed <= top then
    answer = { ${REPLY.recovering}, now, top, deadSince, lost and 1 or 0 }
    break
  end
  ${findNonceLua()}
  if position then
    answer = { ${REPLY.replayed}, now }
    break
  end
  -- The record and the pack come last; there are places for three budgets.
  write = { key, '', packName, '', nil, nil, nil, nil, nil, nil }
  answer = encode('<dd', now, at)
  ${chargeLua()}
  local used, from, waits, list, listName
  local wait, placeWait = 0, 0
  if spent or missing > 0 then
    used, from, waits, listName = {}, {}, {}, 'o' .. ${HEAD.owner}
    ${lookLua(settings)}
  end
  if wait ~= 0 then
    write = placeWait ~= 0 and list and { listName, list } or {}
    answer = { ${REPLY.limited}, now, wait or -1 }
    for i = 1, count do
      local log, left, reset = found[i + 2], (${CHARGE.numbers('i')}) - used[i], 0
      if not log and placeWait ~= 0 then left, reset = 0, placeWait or 0
      elseif log and from[i] < #log - ${USED_BYTES} then reset = ceil((decode('${PAIR}', log, from[i]) - tick) / ${SLICES}) end
      answer[3 * i + 1], answer[3 * i + 2], answer[3 * i + 3] = left, reset, waits[i] == 0 and 0 or 1
    end
    break
  end
  if list then
    write[#write + 1] = listName
    write[#write + 1] = list
  end
  ${makeRoomLua(settings)}
  ${claimNonceLua(settings)}
  ${growLua()}
  write[2], write[4] = ${KEY_RECORD}, pack
  if now + ${pastMs + futureMs} > keepUntil then keepUntil = now + ${pastMs + futureMs} end
until true
${saveLua()}
return answer
`;
}
