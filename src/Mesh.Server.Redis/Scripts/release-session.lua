-- Forgets what was known of a connection that another node has taken and saved.
--
-- KEYS[1]  sessions of the node that had it: see save-session.lua
-- ARGV[1]  the connection
-- ARGV[2]  the taking

local connection = ARGV[1]
if redis.call('HGET', KEYS[1], 'm:' .. connection) ~= ARGV[2] then return 'other' end
redis.call('HDEL', KEYS[1], 't:' .. connection, 'u:' .. connection, 'j:' .. connection)
return 'released'
