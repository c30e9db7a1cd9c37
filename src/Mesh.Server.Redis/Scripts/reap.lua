-- Removes all members of a dead generation, in one change.
--
-- ARGV[3]  the dead generation

local fields, left = redis.call('HGETALL', room), {}
local connections = {}
for at = 1, #fields, 2 do
  local field, value = fields[at], fields[at + 1]
  if field:sub(1, 2) == 'c:' then connections[value] = field:sub(3) end
  if field:sub(1, 2) == 'o:' and value == ARGV[3] then left[#left + 1] = field:sub(3) end
end
if #left == 0 then return answer('Unchanged') end
for _, number in ipairs(left) do remove(connections[number], number) end
change('"left":[' .. table.concat(left, ',') .. ']', false)
return answer('Changed')
