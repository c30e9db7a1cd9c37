-- Notes that the members of a dead generation are removed, and that nothing it had sent can come any more.
--
-- KEYS[1]  generations that are dead: see renew.lua
-- KEYS[2]  generations that are dead and looked after no longer: a sorted set by when that was noted, ms since 1970
-- ARGV[1]  the generation

local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
return 'OK'
