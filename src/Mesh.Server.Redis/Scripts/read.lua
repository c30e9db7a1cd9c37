-- Reads the whole room, as a snapshot. One that is not there is empty, in an epoch that begins now, and is the same for all who read it
-- and for the first who joins. It is read also where Redis takes nothing now; then each has another.

if not epoch then
  pcall(function()
    begin_epoch()
    redis.call('EXPIRE', room, EMPTY_FOR)
  end)
end
local fields, numbers, values = redis.call('HGETALL', room), {}, {}
for at = 1, #fields, 2 do
  local field = fields[at]
  values[field] = fields[at + 1]
  if field:sub(1, 2) == 'm:' then numbers[#numbers + 1] = field:sub(3) end
end
local members = {}
for at, number in ipairs(numbers) do
  local json = values['m:' .. number]
  for _, part in ipairs({ { 'd:', 'metadata' }, { 's:', 'state' }, { 't:', 'stamp' }, { 'x:', 'deadline' } }) do
    local value = values[part[1] .. number]
    if value then json = json .. ',"' .. part[2] .. '":' .. value end
  end
  members[at] = json .. '}'
end
return '{"epoch":' .. exact(epoch) .. ',"revision":' .. exact(revision) .. ',"members":[' .. table.concat(members, ',') .. ']}'
