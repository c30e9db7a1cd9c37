-- What all scripts of a room share; it goes before each of them.
--
-- KEYS[1]  the room: a hash
--            epoch, revision   of the room; they stay for an hour after its last member has left, or somebody has read it
--            run               the run of Redis that the epoch began in
--            number            the last one given to a member
--            count             how many members there are
--            c:<connection>    a member's number
--            m:<number>        what never changes of a member, as the beginning of its JSON
--            d:<number>        its metadata, if it has any
--            s:<number>        its state, if it ever had one, in the bytes received
--            t:<number>        the state's stamp, as the JSON [epoch,revision]
--            x:<number>        the state's deadline, if it has one: ms since 1970
--            o:<number>        whose it is: the generation of the node that it is a connection of, the numbers of those before and after
--                              it among the members of the same ('' at the ends), and the connection, with a space between each
--            l:<generation>    the last of its members, if it has any: so they are found without a look at the others
--            v:<number>        how often it has moved from node to node, if it ever did
-- ARGV[1]  the channel on which the room's changes are told
-- ARGV[2]  the generation of the node that asks
-- The last four of ARGV: the run of Redis, '' where the node does not know; PUBLISH or SPUBLISH; the newest epoch and revision of the room that the node has seen, '' for none

local ARGV = ARGV -- Of a change: see changes.lua.
local room = KEYS[1]
local EMPTY_FOR = 3600
local PUBLISH = ARGV[#ARGV - 2]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = ARGV[#ARGV - 3]
if run == '' then run = tostring(redis.call('INFO', 'server')):match('run_id:(%w+)') or '' end
local epoch, revision, count, begun_in
local known_epoch, known_revision = tonumber(ARGV[#ARGV - 1]), tonumber(ARGV[#ARGV])

local function look()
  epoch, revision, count, begun_in = unpack(redis.call('HMGET', room, 'epoch', 'revision', 'count', 'run'))
  epoch, revision, count = tonumber(epoch), tonumber(revision), tonumber(count) or 0
end

look()

-- Lua writes large numbers with an exponent.
local function exact(number)
  return string.format('%.0f', number)
end

local function stamp_of(number)
  local stamp = redis.call('HGET', room, 't:' .. number)
  if not stamp then return nil end
  local stamp_epoch, stamp_revision = stamp:match('^%[(%d+),(%d+)%]$')
  return tonumber(stamp_epoch), tonumber(stamp_revision)
end

local function is_after(epoch_a, revision_a, epoch_b, revision_b)
  return epoch_a > epoch_b or (epoch_a == epoch_b and revision_a > revision_b)
end

-- Of an incarnation that begins now: higher than any before.
local function next_epoch()
  return math.max(time[1] * 1000000 + time[2], (epoch or 0) + 1, (known_epoch or 0) + 1)
end

local function begin_epoch()
  epoch, revision, count = next_epoch(), 0, 0
  redis.call('DEL', room)
  redis.call('HSET', room, 'epoch', exact(epoch), 'revision', 0, 'number', 0, 'count', 0, 'run', run)
end

local function next_stamp()
  return '[' .. exact(epoch) .. ',' .. exact(revision + 1) .. ']'
end

-- A member as JSON.
local function member(number)
  local fixed, metadata, state, stamp, deadline = unpack(redis.call('HMGET', room,
    'm:' .. number, 'd:' .. number, 's:' .. number, 't:' .. number, 'x:' .. number))
  local json = { fixed }
  if metadata then json[#json + 1] = ',"metadata":' .. metadata end
  if state then json[#json + 1] = ',"state":' .. state end
  if stamp then json[#json + 1] = ',"stamp":' .. stamp end
  if deadline then json[#json + 1] = ',"deadline":' .. deadline end
  json[#json + 1] = '}'
  return table.concat(json)
end

-- Tells what changed: 1 or 0 for silent, the time, and a diff of which this is the rest of the JSON.
local function tell(from, what, silent)
  redis.call(PUBLISH, ARGV[1], (silent and '1' or '0') .. exact(now) .. ' {"epoch":' .. exact(epoch)
    .. ',"from":' .. exact(from) .. ',"to":' .. exact(revision) .. what .. '}')
end

-- Raises the revision, and tells what changed.
local function change(what, silent)
  local from = revision
  revision = revision + 1
  redis.call('HSET', room, 'revision', exact(revision), 'count', exact(count))
  if count == 0 then redis.call('EXPIRE', room, EMPTY_FOR) else redis.call('PERSIST', room) end
  tell(from, ',' .. what, silent)
end

-- A state with its stamp. Returns the rest of the JSON of an update.
local function put(number, state, stamp, deadline)
  redis.call('HSET', room, 's:' .. number, state, 't:' .. number, stamp)
  if deadline then redis.call('HSET', room, 'x:' .. number, deadline) else redis.call('HDEL', room, 'x:' .. number) end
  return '"state":' .. state .. ',"stamp":' .. stamp .. (deadline and ',"deadline":' .. deadline or '')
end

-- What becomes of a member's state: the rest of an update's JSON, or nil and perhaps why a restore is refused.
-- at: where kind, state, silent, expireAfter (ms), epoch and revision of a stamp, deadline (ms) begin in ARGV; '' for none.
local function set_state(number, at)
  local kind, state, after, deadline = ARGV[at], ARGV[at + 1], ARGV[at + 3], ARGV[at + 6]
  local stamp_epoch, stamp_revision = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  local present = redis.call('HGET', room, 's:' .. number)
  local has_value = present and present ~= 'null'
  local has_epoch, has_revision = stamp_of(number)
  if kind == 'publish' then
    if state == 'null' and not has_value then return nil end
    return put(number, state, next_stamp(), after ~= '' and state ~= 'null' and exact(now + tonumber(after)))
  elseif kind == 'restore' then
    if is_after(stamp_epoch, stamp_revision, epoch, revision) then return nil, 'Future' end
    if has_epoch and not is_after(stamp_epoch, stamp_revision, has_epoch, has_revision) then return nil, 'Older' end
    if deadline ~= '' and tonumber(deadline) <= now then return nil, 'Expired' end
    return put(number, state, '[' .. ARGV[at + 4] .. ',' .. ARGV[at + 5] .. ']', deadline ~= '' and deadline)
  elseif kind == 'expire' then
    if not has_value or stamp_epoch ~= has_epoch or stamp_revision ~= has_revision then return nil end
    return put(number, 'null', next_stamp(), false)
  end
end

local function is_silent(at)
  return ARGV[at + 2] == '1'
end

-- What a script answers.
local function answer(outcome, number, refusal)
  return { outcome, refusal or '', exact(epoch or 0), exact(revision or 0), number and member(number) or '', exact(now) }
end

-- A member's owner, the numbers of those before and after it, and its connection.
local function owner_of(number)
  return redis.call('HGET', room, 'o:' .. number):match('^(%S*) (%d*) (%d*) (.*)$')
end

local function set_owner(number, owner, before, after, connection)
  redis.call('HSET', room, 'o:' .. number, owner .. ' ' .. before .. ' ' .. after .. ' ' .. connection)
end

local function own(number, owner, connection)
  local last = redis.call('HGET', room, 'l:' .. owner) or ''
  if last ~= '' then
    local _, before, _, other = owner_of(last)
    set_owner(last, owner, before, number, other)
  end
  set_owner(number, owner, last, '', connection)
  redis.call('HSET', room, 'l:' .. owner, number)
end

local function disown(number)
  local owner, before, after = owner_of(number)
  if before ~= '' then
    local _, first, _, other = owner_of(before)
    set_owner(before, owner, first, after, other)
  end
  if after ~= '' then
    local _, _, last, other = owner_of(after)
    set_owner(after, owner, before, last, other)
  elseif before ~= '' then redis.call('HSET', room, 'l:' .. owner, before)
  else redis.call('HDEL', room, 'l:' .. owner) end
end

local function number_of(connection)
  return redis.call('HGET', room, 'c:' .. connection)
end

-- The number of a member that the asking node owns; to others it is none.
local function own_number_of(connection)
  local number = number_of(connection)
  return number and owner_of(number) == ARGV[2] and number
end

local function remove(connection, number)
  -- First what frees memory: where there is none left, Redis runs a script only if it begins with that, and leaves would wait for leaves.
  redis.call('HDEL', room, 'c:' .. connection, 'm:' .. number, 'd:' .. number, 's:' .. number, 't:' .. number, 'x:' .. number, 'v:' .. number)
  disown(number)
  redis.call('HDEL', room, 'o:' .. number)
  count = count - 1
end

-- Redis has lost what it had told, as when a replica that lagged took over; or has perhaps, since it is another or has restarted: who
-- asks first need not know. What was given in the lost changes, stamps above all, must not be given again: an epoch begins, with the
-- members that are left, whose stamps are lower than all to come. All read it anew.
if epoch and (begun_in ~= run or known_epoch and is_after(known_epoch, known_revision, epoch, revision)) then
  epoch, revision = next_epoch(), 0
  -- It can be read also where Redis takes nothing now.
  pcall(function()
    redis.call('HSET', room, 'epoch', exact(epoch), 'revision', 0, 'run', run)
    tell(0, '', false)
  end)
end
