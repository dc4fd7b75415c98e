/**
 * Lua: undoes an admission whose answer came too late to be used. It takes away the one nonce and the units that the
 * admission took, where they still are, and never more. It must be sent once, on the connection that brought the late
 * answer: then nothing can have come in between.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { comesBackLua } from './budgets.js';
import { ENTRY_BYTES, findNonceLua, KEY_RECORD, loadKeyLua } from './nonces.js';

/** ARGV: identity, the admission's time on the budgets' clock, then as for the admission. Replies `[admitted, now]`. */
export function undoScript(settings: ScriptSettings): string {
  return `${startLua(settings)}
local key, signed, takenAt = ARGV[4], tonumber(ARGV[9]), tonumber(ARGV[2])
local count = (#ARGV - ${settings.injectedTime ? 14 : 12}) / 4
local found = redis.call('HMGET', BUCKET, 'm', unpack(ARGV, 11, 12 + count))
${openLua(settings, 'found[1]')}
if found[2] then
  ${loadKeyLua('found[2]')}
  ${findNonceLua(['ARGV[5]', 'ARGV[6]', 'ARGV[7]', 'ARGV[8]'])}
  if position and struct.unpack('>I6', pack, position + 16) == signed then
    if opened > 0 then opened = opened - 1 end
    write = {
      packName, string.sub(pack, 1, position - 1) .. string.sub(pack, position + ${ENTRY_BYTES}),
      ARGV[11], ${KEY_RECORD},
    }
    local today = at
    for i = 1, count do
      local log, at = found[i + 3], takenAt
      local limit, windowMs, cost = tonumber(ARGV[12 + count + i]), tonumber(ARGV[12 + 2 * count + i]), tonumber(ARGV[12 + 3 * count + i])
      ${comesBackLua()}
      -- What has come back by itself is not there any more, and what is there is another's.
      for pair = 9, log and back > today and #log or 0, 16 do
        local until_, units = struct.unpack('>dd', log, pair)
        if until_ >= back and units >= cost then
          local rest = units > cost and struct.pack('>dd', until_, units - cost) or ''
          write[#write + 1] = ARGV[12 + i]
          write[#write + 1] = struct.pack('>d', struct.unpack('>d', log) - cost)
            .. string.sub(log, 9, pair - 1) .. rest .. string.sub(log, pair + 16)
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
