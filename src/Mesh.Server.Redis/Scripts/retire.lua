-- Ends a node's lease now, as at its stop: others find it dead at once.
--
-- KEYS[1]  generations that live: see renew.lua
-- ARGV[1]  the node's generation

if redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('ZADD', KEYS[1], 0, ARGV[1]) end
return 'OK'
