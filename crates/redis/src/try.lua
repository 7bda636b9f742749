-- KEYS: tries of a name from here, of the name from unknown networks, and the mark that the network is known. ARGV: now,
-- then for each of the first two how many tries are free, the first wait and the longest one, and last how long tries are
-- remembered, in milliseconds. Other instants and spans are microseconds. Answers how long to wait; zero counts the try.
local now = tonumber(ARGV[1])

local function another(key, at)
  local free, first, longest = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local kept = redis.call('HMGET', key, 'count', 'next')
  local count, after = tonumber(kept[1] or '') or 0, tonumber(kept[2] or '') or now
  if now < after then return after - now end
  count = count + 1
  local wait = 0
  if count >= free then wait = math.min(first * 2 ^ math.min(count - free, 30), longest) end
  return 0, count, now + wait
end

local function keep(key, count, after)
  redis.call('HSET', key, 'count', count, 'next', string.format('%.0f', after))
  redis.call('PEXPIRE', key, ARGV[8])
end

local wait, count, after = another(KEYS[1], 2)
if redis.call('EXISTS', KEYS[3]) == 1 then
  if wait == 0 then keep(KEYS[1], count, after) end
  return wait
end
local account_wait, account_count, account_after = another(KEYS[2], 5)
if wait == 0 and account_wait == 0 then
  keep(KEYS[1], count, after)
  keep(KEYS[2], account_count, account_after)
end
return math.max(wait, account_wait)
