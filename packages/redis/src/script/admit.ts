/**
 * Lua: the admission, whole. Order inside: server and horizon, window, replay, budgets, then the claim; everything is
 * written at the end, in one command, so that a refusal changes nothing and a failure leaves nothing half done.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { chargeLua, lookLua } from './budgets.js';
import { CHARGE, FIXED_ARGUMENTS, headLua } from './head.js';
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
 * ARGV: identity, the head (`head.ts`), owner, `k<key>`, `h<key>`, then the charges' fields.
 *
 * Replies: `[code, now, …]`; admitted and limited go on with the budgets' time, the wait (-1: for ever) and, for each
 * charge, units left, milliseconds until more come, and whether it was violated. Recovering: the horizon, since when
 * the signature is dead, and whether the horizon rose just now.
 */
export function admitScript(settings: ScriptSettings): string {
  const { pastMs, futureMs, injectedTime } = settings;
  return `${startLua(settings)}
${headLua(injectedTime)}
local found = redis.call('HMGET', BUCKET, 'm', unpack(ARGV, 4, ${FIXED_ARGUMENTS} + count))
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
  ${isHomeLua(settings, 'found[3]', 'native == 1')}
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
  ${lookLua(settings)}
  if wait ~= 0 then
    answer = { ${REPLY.limited}, now, at, wait or -1 }
    for i = 1, count do
      local log, left, reset = found[i + 3], (${CHARGE.numbers('i')}) - used[i], 0
      if not log and placeWait ~= 0 then left, reset = 0, placeWait or 0
      elseif log and from[i] < #log then reset = math.ceil(struct.unpack('>d', log, from[i]) - at) end
      answer[3 * i + 2], answer[3 * i + 3], answer[3 * i + 4] = left, reset, waits[i] == 0 and 0 or 1
    end
    break
  end
  ${makeRoomLua(settings)}
  ${claimNonceLua(settings)}
  ${growLua()}
  answer = { ${REPLY.admitted}, now, at, 0 }
  for i = 1, count do
    ${chargeLua()}
    write[#write + 1] = ${CHARGE.field('i')}
    write[#write + 1] = log
    answer[3 * i + 2], answer[3 * i + 3], answer[3 * i + 4] = left, math.ceil(struct.unpack('>d', log, 9) - at), 0
    if now + windowMs * 1.02 > keepUntil then keepUntil = now + windowMs * 1.02 end
  end
  if list then
    write[#write + 1] = 'o' .. owner
    write[#write + 1] = list
  end
  write[#write + 1] = key
  write[#write + 1] = ${KEY_RECORD}
  if now + ${pastMs + futureMs} > keepUntil then keepUntil = now + ${pastMs + futureMs} end
until true
${saveLua()}
return answer
`;
}
