-- Takes a connection from the node that has it. What is known of it stays until the taker has saved it, and says so: see
-- release-session.lua.
--
-- KEYS[1]  sessions of a node that has or had it: see save-session.lua
-- ARGV[1]  the connection
-- ARGV[2]  the token's hash
-- ARGV[3]  the user who presents it, '' for none
-- ARGV[4]  the node that takes it
-- ARGV[5]  1 if KEYS[1] are its own
-- ARGV[6]  on which the other node is told
-- ARGV[7]  by which command: PUBLISH or SPUBLISH
-- ARGV[8]  a taking that was never saved by its taker, and so does not count; '' for none
--
-- Returns unknown, here, moved with the taking, or taken with its JSON and the taking.

local connection = ARGV[1]
local taking, tokens, user, json = unpack(redis.call('HMGET', KEYS[1],
  'm:' .. connection, 't:' .. connection, 'u:' .. connection, 'j:' .. connection))
if taking and taking ~= ARGV[8] then return { 'moved', taking } end
if not tokens or (user or '') ~= ARGV[3] then return { 'unknown' } end
if not (' ' .. tokens .. ' '):find(' ' .. ARGV[2] .. ' ', 1, true) then return { 'unknown' } end
if ARGV[5] == '1' and not taking then return { 'here' } end
local moves = tonumber((taking or json):match('%d+')) + 1
taking = string.format('%d', moves) .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], 'm:' .. connection, taking)
if ARGV[5] ~= '1' then redis.call(ARGV[7], ARGV[6], string.format('%d', moves) .. ' ' .. connection) end
return { 'taken', json, taking }
