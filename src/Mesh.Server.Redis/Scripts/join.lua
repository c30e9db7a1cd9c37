-- Adds a member, with its state if one is given. For a member only the state is looked at; it belongs to the asking node from now on.
--
-- ARGV[3]   the connection
-- ARGV[4]   how many members there may be
-- ARGV[5]   what is known of the new member: its JSON without number, joinedAt, metadata and the end
-- ARGV[6]   its metadata, '' for none
-- ARGV[7]   how often the connection has moved from node to node: only the newest may speak for it
-- ARGV[8-]  the state: see set_state

local connection, moves, STATE = ARGV[3], tonumber(ARGV[7]), 8
local number = number_of(connection)
if number then
  local known = tonumber(redis.call('HGET', room, 'v:' .. number) or 0)
  if known > moves then return answer('Moved') end
  if owner_of(number) ~= ARGV[2] then
    disown(number)
    own(number, ARGV[2], connection)
  end
  if known < moves then redis.call('HSET', room, 'v:' .. number, moves) end
  local update, refusal = set_state(number, STATE)
  if not update then return answer('Unchanged', number, refusal) end
  change('"updated":[{"number":' .. number .. ',' .. update .. '}]', is_silent(STATE))
  return answer('Changed', number)
end
if count >= tonumber(ARGV[4]) then return answer('Full') end
-- One that was only read has told nothing yet that would have to be told apart.
if count == 0 and revision ~= 0 then begin_epoch() end

number = exact(redis.call('HINCRBY', room, 'number', 1))
redis.call('HSET', room, 'c:' .. connection, number, 'm:' .. number, ARGV[5] .. ',"number":' .. number .. ',"joinedAt":' .. next_stamp())
own(number, ARGV[2], connection)
if moves > 0 then redis.call('HSET', room, 'v:' .. number, moves) end
if ARGV[6] ~= '' then redis.call('HSET', room, 'd:' .. number, ARGV[6]) end
local _, refusal = set_state(number, STATE)
count = count + 1
change('"joined":[' .. member(number) .. ']', is_silent(STATE))
return answer('Changed', number, refusal)
