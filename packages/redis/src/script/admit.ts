/**
 * Lua: the admission, whole. Order inside: server and horizon, window, replay, budgets, then the claim; everything is
 * written at the end, in one command, so that a refusal changes nothing and a failure leaves nothing half done.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { type ChargeArguments, chargeLua, lookLua } from './budgets.js';
import { isHomeLua } from './homes.js';
import {
  claimNonceLua,
  findNonceLua,
  growLua,
  KEY_HORIZON_LUA,
  KEY_RECORD,
  loadKeyLua,
  makeRoomLua,
} from './nonces.js';

/** Arguments before those of the charges. */
const FIXED = 12;

const CHARGE: ChargeArguments = {
  field: (i) => `ARGV[${FIXED} + ${i}]`,
  limit: (i) => `ARGV[${FIXED} + count + ${i}]`,
  windowMs: (i) => `ARGV[${FIXED} + 2 * count + ${i}]`,
  cost: (i) => `ARGV[${FIXED} + 3 * count + ${i}]`,
};

/**
 * ARGV: identity, the time by which it must run (0: any), owner, key, the nonce as four 32-bit words, signed time, 1
 * where the key is native to this bucket or 0, `k<key>`, `h<key>`, then of all charges the fields, the limits, the windows and the costs.
 *
 * Replies: `[code, now, …]`; admitted and limited go on with the budgets' time, the wait (-1: for ever) and, for each
 * charge, units left, milliseconds until more come, and whether it was violated. Recovering: the horizon, and since
 * when the signature is dead.
 */
export function admitScript(settings: ScriptSettings): string {
  const { pastMs, futureMs, injectedTime } = settings;
  return `${startLua(settings)}
local owner, key, signed = ARGV[3], ARGV[4], tonumber(ARGV[9])
local count = (#ARGV - ${injectedTime ? FIXED + 2 : FIXED}) / 4
local found = redis.call('HMGET', BUCKET, 'm', unpack(ARGV, 11, ${FIXED} + count))
${openLua(settings, 'found[1]')}
local answer
repeat
  local by = tonumber(ARGV[2])
  if by > 0 and now > by then
    answer = { ${REPLY.late}, now }
    break
  end
  if signed > now + ${futureMs} then
    answer = { ${REPLY.future}, now }
    break
  end
  ${loadKeyLua('found[2]')}
  ${isHomeLua(settings, 'found[3]', "ARGV[10] == '1'")}
  if not isHome then
    answer = { ${REPLY.notHere}, now }
    break
  end
  if signed < now - ${pastMs} then
    -- A client that hears this may sign anew, so the old signature stays dead, whatever the clock does.
    if signed > expired then expired = signed end
    write = { ARGV[11], ${KEY_RECORD} }
    answer = { ${REPLY.stale}, now }
    break
  end
  ${KEY_HORIZON_LUA}
  if signed <= top then
    answer = { ${REPLY.recovering}, now, top, deadSince }
    break
  end
  ${findNonceLua(['ARGV[5]', 'ARGV[6]', 'ARGV[7]', 'ARGV[8]'])}
  if position then
    answer = { ${REPLY.replayed}, now }
    break
  end
  ${lookLua(settings, CHARGE)}
  if wait ~= 0 then
    answer = { ${REPLY.limited}, now, at, wait or -1 }
    for i = 1, count do
      local log, left, reset = found[i + 3], tonumber(${CHARGE.limit('i')}) - used[i], 0
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
    ${chargeLua(CHARGE)}
    write[#write + 1] = ${CHARGE.field('i')}
    write[#write + 1] = log
    answer[3 * i + 2], answer[3 * i + 3], answer[3 * i + 4] = left, math.ceil(struct.unpack('>d', log, 9) - at), 0
    if now + windowMs * 1.02 > keepUntil then keepUntil = now + windowMs * 1.02 end
  end
  if list then
    write[#write + 1] = 'o' .. owner
    write[#write + 1] = list
  end
  write[#write + 1] = ARGV[11]
  write[#write + 1] = ${KEY_RECORD}
  if now + ${pastMs + futureMs} > keepUntil then keepUntil = now + ${pastMs + futureMs} end
until true
${saveLua()}
return answer
`;
}
