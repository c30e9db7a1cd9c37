-- Removes members of a dead generation, in one change: some of them, since no script may keep Redis from others for long.
--
-- ARGV[3]  the dead generation
-- ARGV[4]  how many at most

local left, most = {}, tonumber(ARGV[4])
local last = redis.call('HGET', room, 'l:' .. ARGV[3])
while last and #left < most do
  left[#left + 1] = last
  local _, _, _, connection = owner_of(last)
  remove(connection, last)
  last = redis.call('HGET', room, 'l:' .. ARGV[3])
end
if #left == 0 then return answer('Unchanged') end
change('"left":[' .. table.concat(left, ',') .. ']', false)
return answer('Changed')
