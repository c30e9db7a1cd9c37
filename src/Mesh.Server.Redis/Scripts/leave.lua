-- Removes a member and its state.
--
-- ARGV[3]  the connection

local number = own_number_of(ARGV[3])
if not number then return answer('NotMember') end
remove(ARGV[3], number)
change('"left":[' .. number .. ']', false)
return answer('Changed')
