-- Saves how a connection of this node can be resumed, unless another node has taken it.
--
-- KEYS[1]  sessions of the node: a hash
--            node             there always, so that a node can tell whether Redis has lost them
--            t:<connection>   the tokens that resume it, each as a hash, separated by spaces
--            u:<connection>   the verified user's id, if there is one
--            j:<connection>   what another node needs to know to go on with it: JSON
--            m:<connection>   that it was taken: how often it has moved by now, a space, and the node that has it. The others are kept
--                             until that node has saved it, and this one for 20 minutes: see forget-taken.lua
-- ARGV[1]  the connection
-- ARGV[2]  how often it has moved to be here
-- ARGV[3]  the tokens
-- ARGV[4]  the user, '' for none
-- ARGV[5]  the JSON
-- ARGV[6]  how long sessions are kept without a node that renews them, ms

local connection = ARGV[1]
local taken = redis.call('HGET', KEYS[1], 'm:' .. connection)
if taken and tonumber(taken:match('^%d+')) > tonumber(ARGV[2]) then return 'taken' end
redis.call('HDEL', KEYS[1], 'm:' .. connection, 'u:' .. connection)
redis.call('HSET', KEYS[1], 'node', 1, 't:' .. connection, ARGV[3], 'j:' .. connection, ARGV[5])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'u:' .. connection, ARGV[4]) end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 'saved'
