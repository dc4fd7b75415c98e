/**
 * Lua: looks after a bucket that may be idle. It notices when the server has forgotten, so that the horizon is up
 * before the next request comes; keeps the key alive; and sweeps away what is dead, a piece at a time.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { NEWEST_LUA } from './budgets.js';
import { ENTRY_BYTES } from './head.js';
import { HOMES_OVER_LUA } from './homes.js';
import { LATEST_OF_KEY_LUA } from './nonces.js';

/** Fields looked at in one call. */
const FIELDS = 64;

/**
 * ARGV: identity, where to go on sweeping ('': not at all). Replies `[fresh, now, 1 when it found that the bucket had
 * forgotten, where to go on ('0': from the start)]`.
 */
export function touchScript(settings: ScriptSettings): string {
  const { pastMs } = settings;
  return `${startLua(settings)}
${openLua(settings, "call('HGET', BUCKET, 'm')")}
local cursor, oldest = ARGV[2], now - ${pastMs}
if cursor ~= '' then
  local dead, sweptBefore = {}, swept
  local page = call('HSCAN', BUCKET, cursor, 'COUNT', ${FIELDS})
  cursor = page[1]
  for i = 1, #page[2], 2 do
    local name, value = page[2][i], page[2][i + 1]
    local kind, greatest = sub(name, 1, 1), oldest
    if kind == 'n' then
      greatest = -1
      for from = 1, #value, ${ENTRY_BYTES} do
        greatest = math.max(greatest, (decode('<I6', value, from + 16)))
        if greatest >= oldest then break end
      end
      if greatest < oldest then dead[#dead + 1] = name end
    elseif kind == 'k' then
      ${LATEST_OF_KEY_LUA}
      local groupsName = 'g' .. name
      local groups = call('HGET', BUCKET, groupsName) or ''
      greatest = latest
      for from = 1, #groups, 12 do greatest = math.max(greatest, (decode('<d', groups, from))) end
      if homeUntil >= oldest then greatest = oldest end
      if greatest < oldest then
        dead[#dead + 1] = name
        dead[#dead + 1] = groupsName
      end
    elseif kind == 'h' then
      ${HOMES_OVER_LUA}
      if over then dead[#dead + 1] = name end
    elseif kind == 'o' then
      local kept = {}
      local _, _, _, size, besideBytes = decode('<dddI4I2', value)
      local position = 31 + besideBytes
      for _ = 1, size do
        local length = decode('<I2', value, position)
        local budget = sub(value, position + 2, position + 1 + length)
        local log = call('HGET', BUCKET, budget)
        ${NEWEST_LUA}
        if newest > at then kept[#kept + 1] = encode('<I2', length) .. budget
        else dead[#dead + 1] = budget end
        position = position + 2 + length
      end
      if #kept == 0 then dead[#dead + 1] = name
      elseif #kept < size then
        write[#write + 1] = name
        write[#write + 1] = encode('<dddI4I2', -1, 0, 0, #kept, 0) .. table.concat(kept)
      end
    end
    if greatest < oldest then swept = math.max(swept, greatest) end
  end
  if swept > sweptBefore then changed = true end
  for i = 1, #dead do call('HDEL', BUCKET, dead[i]) end
end
${saveLua()}
return { ${REPLY.fresh}, now, lost and 1 or 0, cursor }
`;
}
