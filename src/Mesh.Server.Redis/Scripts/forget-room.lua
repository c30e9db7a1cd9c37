-- Takes back that a generation of a node may have members in a room, unless that was noted again meanwhile.
--
-- KEYS[1]  the rooms of the generation: see index-room.lua
-- ARGV[1]  the room
-- ARGV[2]  the number of the note

if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'OK'
