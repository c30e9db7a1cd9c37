-- Makes several changes of a room, one after the other, each with its own revision and its own event.
--
-- ARGV[3-]  for each: join, set-state, set-metadata or leave; the generation of the node that asks; how many ARGV follow that are its own
--
-- Returns what each answers; of one that fails, Failed and its error: the others are made all the same.

local all, answers, at = ARGV, {}, 3
while at < #all - 3 do
  local make, count = changes[all[at]], tonumber(all[at + 2])
  ARGV = { all[1], all[at + 1] }
  for own = 1, count do ARGV[2 + own] = all[at + 2 + own] end
  local isMade, answer = pcall(make)
  if not isMade then
    answer = { 'Failed', type(answer) == 'table' and answer.err or tostring(answer) }
    look()
  end
  answers[#answers + 1] = answer
  at = at + 3 + count
end
return answers
