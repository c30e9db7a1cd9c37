-- Forgets that a connection was taken, unless it is here again, or was taken once more.
--
-- KEYS[1]  sessions of the node that had it: see save-session.lua
-- ARGV[1]  the connection
-- ARGV[2]  how often it had moved by that

local connection = ARGV[1]
local taken = redis.call('HGET', KEYS[1], 'm:' .. connection)
if not taken or taken:match('^%d+') ~= ARGV[2] then return 'other' end
redis.call('HDEL', KEYS[1], 'm:' .. connection, 't:' .. connection, 'u:' .. connection, 'j:' .. connection)
return 'forgotten'
