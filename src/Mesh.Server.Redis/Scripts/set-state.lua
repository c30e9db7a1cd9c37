-- Publishes, restores or expires a member's state.
--
-- ARGV[3]   the connection
-- ARGV[4-]  the state: see set_state

local STATE = 4
local number = own_number_of(ARGV[3])
if not number then return answer('NotMember') end
local update, refusal = set_state(number, STATE)
if not update then return answer('Unchanged', number, refusal) end
change('"updated":[{"number":' .. number .. ',' .. update .. '}]', is_silent(STATE))
return answer('Changed', number)
