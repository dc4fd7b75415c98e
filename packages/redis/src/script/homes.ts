/**
 * Lua: where a key's nonces are. A key is at home in one bucket at a time, its owner's. In the bucket that its own id
 * leads to, its native one, `h<key>` says where that is, unless it is there: so a key that was given to another owner
 * is found out by whoever asks for it, and nonces that stayed behind cannot be used again. It knows no nonces itself.
 *
 * To move a key: `claim` in the native bucket, `leave` in every other bucket where it may still be at home, `settle` in
 * the new one with the horizon over all that those admitted. Each step may be repeated; a later move wins over an
 * earlier one that is still under way.
 *
 * `h<key>`: the number of the latest move, then the homes, oldest first: until when, and the bucket's key.
 */
import { openLua, REPLY, type ScriptSettings, saveLua, startLua } from './bucket.js';
import { KEY_RECORD, loadKeyLua } from './nonces.js';

/** For how long a claim holds, at least. */
const HOME_MS = 3_600_000;
/** How far the clocks of a cluster's nodes may differ. */
const CLOCKS_MS = 60_000;

/**
 * Lua: `isHome`, whether the key is at home here for as long as a nonce that is claimed now must be remembered. Where no
 * native key was ever brought elsewhere (`moved`), there is no `h<key>` to ask.
 */
export function isHomeLua({ pastMs, futureMs }: ScriptSettings): string {
  return `
local isHome = native == 1
if not isHome then
  -- What a server lost may have been that the key has left.
  isHome = homeUntil >= now + ${pastMs + futureMs} and settledAt >= raisedAt
elseif moved == 1 then
  local homes = call('HGET', BUCKET, 'h' .. sub(key, 2))
  isHome = not homes or (decode('<I4', homes) == move and sub(homes, -#BUCKET) == BUCKET)
end
`;
}

/** Lua: `over`, whether `value`, a field `h<key>`, tells of nothing that is still in force. */
export const HOMES_OVER_LUA: string = `
local over, position = true, 5
while position < #value do
  local until_, length = decode('<dI2', value, position)
  if until_ + ${CLOCKS_MS} >= now then over = false end
  position = position + 10 + length
end`;

/**
 * In the native bucket. ARGV: identity, the time by which it must run, key id, the bucket that is to be its home. Replies
 * `[fresh, now, number of the move, until when, horizon of this bucket, buckets to be left…]`.
 */
export function claimScript(settings: ScriptSettings): string {
  const window = settings.pastMs + settings.futureMs;
  return `${startLua(settings)}
local key, wanted, by = 'h' .. ARGV[3], ARGV[4], tonumber(ARGV[2])
local found = call('HMGET', BUCKET, 'm', key)
${openLua(settings, 'found[1]')}
if by > 0 and now > by then
  ${saveLua()}
  return { ${REPLY.late}, now }
end
local homes, number, position = {}, 0, 5
if found[2] then
  number = decode('<I4', found[2])
  while position < #found[2] do
    local until_, length = decode('<dI2', found[2], position)
    homes[#homes + 1] = { until_, sub(found[2], position + 10, position + 9 + length) }
    position = position + 10 + length
  end
else
  homes[1] = { now + ${window}, BUCKET }
end
if homes[#homes][2] ~= wanted or number == 0 then
  -- Never a number that was used before, even where all of this was swept away since.
  number = math.max(number + 1, math.floor(now / 1000))
  homes[#homes + 1] = { 0, wanted }
end
homes[#homes][1] = now + ${Math.max(HOME_MS, 4 * window)}
local record, others = { encode('<I4', number) }, {}
for i = 1, #homes do
  local until_, bucket = homes[i][1], homes[i][2]
  if i == #homes or (bucket ~= wanted and until_ + ${CLOCKS_MS} >= now) then
    record[#record + 1] = encode('<dI2', until_, #bucket) .. bucket
    if i < #homes then others[#others + 1] = bucket end
  end
end
write = { key, table.concat(record) }
moved, changed = 1, true
keepUntil = homes[#homes][1] + ${CLOCKS_MS}
${saveLua()}
return { ${REPLY.fresh}, now, number, homes[#homes][1], horizon, unpack(others) }
`;
}

/**
 * In a bucket where the key may have been at home. ARGV: identity, the time by which it must run, key id, number of
 * the move. Replies `[fresh, now, the greatest signed time that may have been admitted here]`, or `notHere` when a later
 * move has been here.
 */
export function leaveScript(settings: ScriptSettings): string {
  return `${startLua(settings)}
local key, number, by = 'k' .. ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[2])
local found = call('HMGET', BUCKET, 'm', key, 'g' .. key)
${openLua(settings, 'found[1]')}
${loadKeyLua('found[2]')}
local answer
if by > 0 and now > by then
  answer = { ${REPLY.late}, now }
elseif move > number then
  answer = { ${REPLY.notHere}, now }
else
  local greatest, groups = math.max(horizon, swept, capped, expired, groupLatest), found[3] or ''
  for from = 1, #groups, 12 do greatest = math.max(greatest, (decode('<d', groups, from))) end
  homeUntil, move = 0, number
  write = { key, ${KEY_RECORD} }
  answer = { ${REPLY.fresh}, now, greatest }
end
${saveLua()}
return answer
`;
}

/**
 * In the new home. ARGV: identity, the time by which it must run, key id, number of the move, until when, the horizon over
 * what others admitted. Replies `[fresh, now]`, or `notHere` when a later move has been here.
 */
export function settleScript(settings: ScriptSettings): string {
  return `${startLua(settings)}
local key, number, until_, above, by = 'k' .. ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[2])
local found = call('HMGET', BUCKET, 'm', key)
${openLua(settings, 'found[1]')}
${loadKeyLua('found[2]')}
local code = ${REPLY.fresh}
if by > 0 and now > by then
  code = ${REPLY.late}
elseif move > number then
  code = ${REPLY.notHere}
else
  move = number
  homeUntil = math.max(homeUntil, until_)
  settledAt = now
  if above > capped then capped, cappedAt = above, now + ${settings.deposedMs} end
  write = { key, ${KEY_RECORD} }
  keepUntil = until_
end
${saveLua()}
return { code, now }
`;
}
