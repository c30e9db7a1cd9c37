-- Notes that a user's authentication is over, for all nodes, those too that can't hear of it now, and tells those that can: in one step, so that
-- nothing comes in between.
--
-- KEYS[1]  a stream of users, by the time of Redis
-- ARGV[1]  the user's id
-- ARGV[2]  how long it is kept, ms: who was cut off for longer has lost its members and its clients
-- ARGV[3]  on which nodes hear that there is more in it
-- ARGV[4]  by which command: PUBLISH or SPUBLISH

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%d', now - ARGV[2]), '*', 'user', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call(ARGV[4], ARGV[3], '')
return 'OK'
