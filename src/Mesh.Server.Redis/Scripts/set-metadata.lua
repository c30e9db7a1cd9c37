-- Replaces a member's metadata.
--
-- ARGV[3]  the connection
-- ARGV[4]  the metadata, '' for none

local number = own_number_of(ARGV[3])
if not number then return answer('NotMember') end
local metadata, field = ARGV[4], 'd:' .. number
if (redis.call('HGET', room, field) or '') == metadata then return answer('Unchanged', number) end
if metadata == '' then redis.call('HDEL', room, field) else redis.call('HSET', room, field, metadata) end
change('"updated":[{"number":' .. number .. ',"metadata":' .. (metadata == '' and 'null' or metadata) .. '}]', false)
return answer('Changed', number)
