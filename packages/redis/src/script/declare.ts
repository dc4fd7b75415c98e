/**
 * Lua: declares a stale signature dead for good, so that no clock that is set back, here or in a process, admits it
 * after its client has signed anew.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { KEY_RECORD, loadKeyLua } from './nonces.js';

/** ARGV: identity, the time by which it must run, key id, signed time. Replies `[fresh | stale | late, now]`. */
export function declareScript(settings: ScriptSettings): string {
  const { pastMs, futureMs } = settings;
  return `${startLua(settings)}
local key, signed, by = 'k' .. ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[2])
local found = call('HMGET', BUCKET, 'm', key)
${openLua(settings, 'found[1]')}
local code = ${REPLY.fresh}
if by > 0 and now > by then
  code = ${REPLY.late}
elseif signed < now - ${pastMs} then
  ${loadKeyLua('found[2]')}
  code = ${REPLY.stale}
  if signed > expired then
    expired = signed
    write = { key, ${KEY_RECORD} }
    keepUntil = now + ${pastMs + futureMs}
  end
end
${saveLua()}
return { code, now }
`;
}
