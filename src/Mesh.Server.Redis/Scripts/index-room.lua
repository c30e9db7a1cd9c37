-- Notes that a generation of a node may have members in a room, before it has the first there.
--
-- KEYS[1]  the rooms of the generation: a hash of the number of the note by room; '' is there always, so that a node can tell whether
--          Redis has lost it. It is there as long as members may be, who have no end either: who has removed them all ends it
-- ARGV[1]  the room
-- ARGV[2]  the number of this note

redis.call('HSET', KEYS[1], '', 0, ARGV[1], ARGV[2])
return 'OK'
