-- Ends a node's lease soon, as at its stop: others find it dead then.
--
-- KEYS[1]  generations that live: see renew.lua
-- ARGV[1]  the node's generation
-- ARGV[2]  how long those have who resume elsewhere, ms

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) end
return 'OK'
