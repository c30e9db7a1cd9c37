-- Takes a connection from the node that has it.
--
-- KEYS[1]  sessions of the node that gave out the token: see save-session.lua
-- ARGV[1]  the connection
-- ARGV[2]  the token's hash
-- ARGV[3]  the user who presents it, '' for none
-- ARGV[4]  the node that takes it
-- ARGV[5]  1 if KEYS[1] are its own
-- ARGV[6]  on which the other node is told
-- ARGV[7]  by which command: PUBLISH or SPUBLISH
--
-- Returns unknown, here, moved with the node that took it before, or taken with its JSON.

local connection = ARGV[1]
local moved = redis.call('HGET', KEYS[1], 'm:' .. connection)
if moved then return { 'moved', moved:match(' (.*)$') } end
local tokens, user, json = unpack(redis.call('HMGET', KEYS[1], 't:' .. connection, 'u:' .. connection, 'j:' .. connection))
if not tokens or (user or '') ~= ARGV[3] then return { 'unknown' } end
if not (' ' .. tokens .. ' '):find(' ' .. ARGV[2] .. ' ', 1, true) then return { 'unknown' } end
if ARGV[5] == '1' then return { 'here' } end
local moves = tonumber(json:match('^{"moves":(%d+)')) + 1
redis.call('HDEL', KEYS[1], 't:' .. connection, 'u:' .. connection, 'j:' .. connection)
redis.call('HSET', KEYS[1], 'm:' .. connection, string.format('%d', moves) .. ' ' .. ARGV[4])
redis.call(ARGV[7], ARGV[6], connection)
return { 'taken', json }
