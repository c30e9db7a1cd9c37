-- Renews a node's lease, and finds those that have not renewed theirs.
--
-- KEYS[1]  generations that live: a sorted set by the end of their lease, ms since 1970
-- KEYS[2]  generations that are dead, until they are looked after no longer: a sorted set by when they were found to be
-- KEYS[3]  since when those that live have renewed without a break: a hash, ms since 1970
-- KEYS[4]  generations that are dead and looked after no longer: see reaped.lua; after a day they are forgotten. Of these there
--          may be many, and they are never read as a whole
-- ARGV[1]  the node's generation
-- ARGV[2]  how long a lease lasts, ms
-- ARGV[3]  1 if the node may judge others: it has itself renewed without a break for as long as a lease lasts
-- ARGV[4]  how long the longest lease may last, ms: also one that was ended with the grace of its connections
-- ARGV[5…] generations that the node knows to be dead, which a Redis that has lost its last changes may not know any longer
--
-- Returns new, alive, late or dead, as the node was before, the dead that are to be looked after, and which run of Redis this is:
-- another one may have lost what it was told last.

-- A node that renews each second has paused if this much is between two of its renewals, ms.
local BREAK = 3000

-- So long one that was taken for dead is told so, ms.
local REMEMBERED = 86400000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = tostring(redis.call('INFO', 'server')):match('run_id:(%w+)') or ''
if redis.call('ZSCORE', KEYS[2], ARGV[1]) or redis.call('ZSCORE', KEYS[4], ARGV[1]) then return { 'dead', {}, run } end
-- Once, for ever: should one of them renew its lease, it is told so.
for at = 5, #ARGV do
  redis.call('ZREM', KEYS[1], ARGV[at])
  redis.call('HDEL', KEYS[3], ARGV[at])
  if not redis.call('ZSCORE', KEYS[4], ARGV[at]) then redis.call('ZADD', KEYS[2], 'NX', now, ARGV[at]) end
end
-- Where another server with another clock has taken over, it may have gone back: from then on no lease can end later than this.
local last = now + ARGV[4]
for _, beyond in ipairs(redis.call('ZRANGE', KEYS[1], string.format('(%.0f', last), '+inf', 'BYSCORE')) do redis.call('ZADD', KEYS[1], last, beyond) end
local ends, since = redis.call('ZSCORE', KEYS[1], ARGV[1]), tonumber(redis.call('HGET', KEYS[3], ARGV[1]))
local before = not ends and 'new' or tonumber(ends) > now and 'alive' or 'late'
-- By Redis's own clock: after it stood still, all that was sent meanwhile comes at once, and whoever comes first must not judge those
-- whose renewals wait behind.
if not ends or not since or since > now or now - (ends - ARGV[2]) > BREAK then
  since = now
  redis.call('HSET', KEYS[3], ARGV[1], string.format('%.0f', now))
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if ARGV[3] ~= '1' or now - since < tonumber(ARGV[2]) then return { before, {}, run } end
for _, late in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE')) do
  redis.call('ZREM', KEYS[1], late)
  redis.call('HDEL', KEYS[3], late)
  redis.call('ZADD', KEYS[2], now, late)
end
for _, old in ipairs(redis.call('ZRANGE', KEYS[4], '-inf', now - REMEMBERED, 'BYSCORE')) do redis.call('ZREM', KEYS[4], old) end
return { before, redis.call('ZRANGE', KEYS[2], 0, -1), run }
