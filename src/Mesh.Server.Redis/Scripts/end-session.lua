-- Ends a session, unless another node has taken its connection.
--
-- KEYS[1]  sessions of this node: see save-session.lua
-- ARGV[1]  the connection
-- ARGV[2]  how often it has moved to be here

local connection = ARGV[1]
local taken = redis.call('HGET', KEYS[1], 'm:' .. connection)
if taken and tonumber(taken:match('^%d+')) > tonumber(ARGV[2]) then return 'taken' end
redis.call('HDEL', KEYS[1], 't:' .. connection, 'u:' .. connection, 'j:' .. connection)
return 'ended'
