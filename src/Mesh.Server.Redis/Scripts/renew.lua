-- Renews a node's lease, and finds those that have not renewed theirs.
--
-- KEYS[1]  generations that live: a sorted set by the end of their lease, ms since 1970
-- KEYS[2]  generations that are dead: a sorted set by when they were found to be, kept for a day
-- ARGV[1]  the node's generation
-- ARGV[2]  how long a lease lasts, ms
-- ARGV[3]  1 if the node may judge others: it has itself renewed without a break for as long as a lease lasts
-- ARGV[4]  how long the dead are looked after, ms: what they had sent may come late
--
-- Returns new, alive, late or dead, as the node was before, and the dead that are to be looked after. One that is late judges nobody:
-- nor might the others have renewed, or Redis has lost that they did.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return { 'dead', {} } end
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
local before = not lease and 'new' or tonumber(lease) > now and 'alive' or 'late'
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if ARGV[3] ~= '1' or before == 'late' then return { before, {} } end
for _, late in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE')) do
  redis.call('ZREM', KEYS[1], late)
  redis.call('ZADD', KEYS[2], now, late)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 86400000)
return { before, redis.call('ZRANGE', KEYS[2], now - ARGV[4], '+inf', 'BYSCORE') }
