/**
 * Lua: undoes an admission whose answer came too late to be used. It takes away the one nonce and the units that the
 * admission took, where they still are, and never more. It must be sent once, on the connection that brought the late
 * answer: then nothing can have come in between.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { comesBackLua, PAIR, PAIR_BYTES, SLICES, USED, USED_BYTES } from './budgets.js';
import { CHARGE, ENTRY_BYTES, FIXED_ARGUMENTS, headLua } from './head.js';
import { findNonceLua, KEY_RECORD, loadKeyLua } from './nonces.js';

/** ARGV: as for the admission; the head's first time is that of the admission on the budgets' clock. Replies `[admitted, now]`. */
export function undoScript(settings: ScriptSettings): string {
  return `${startLua(settings)}
${headLua(settings.injectedTime)}
local found = call('HMGET', BUCKET, 'm', unpack(ARGV, ${FIXED_ARGUMENTS}, ${FIXED_ARGUMENTS} + count))
${openLua(settings, 'found[1]')}
if found[2] then
  ${loadKeyLua('found[2]')}
  ${findNonceLua()}
  if position and decode('<I6', pack, position + 16) == signed then
    if opened > 0 then opened = opened - 1 end
    write = {
      packName, sub(pack, 1, position - 1) .. sub(pack, position + ${ENTRY_BYTES}),
      key, ${KEY_RECORD},
    }
    local today, tick = at * ${SLICES}, by * ${SLICES}
    for i = 1, count do
      local log = found[i + 2]
      local limit, windowMs, cost = ${CHARGE.numbers('i')}
      ${comesBackLua()}
      -- What has come back by itself is not there any more, and what is there is another's.
      for pair = 1, log and back > today and #log - ${USED_BYTES} or 0, ${PAIR_BYTES} do
        local until_, units = decode('${PAIR}', log, pair)
        if until_ >= back and units >= cost then
          local rest = units > cost and encode('${PAIR}', until_, units - cost) or ''
          local used = decode('${USED}', log, #log - ${USED_BYTES - 1})
          write[#write + 1] = ${CHARGE.field('i')}
          write[#write + 1] = sub(log, 1, pair - 1) .. rest .. sub(log, pair + ${PAIR_BYTES}, -${USED_BYTES + 1})
            .. encode('${USED}', used - cost)
          break
        end
      end
    end
  end
end
${saveLua()}
return { ${REPLY.admitted}, now }
`;
}
