-- KEYS: one for each quota, holding when all of it is back. ARGV: now, then for each its window and the interval at which
-- one comes back. Instants and spans are microseconds. Answers, for each: allowed, remaining, until whole, until the next.
local now, answers = tonumber(ARGV[1]), {}
for index, key in ipairs(KEYS) do
  local window, interval = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
  local whole = math.max(tonumber(redis.call('GET', key)) or now, now)
  local later = whole + interval
  local allowed, remaining, passes = 0, 0, later - window
  if passes <= now then
    allowed, whole = 1, later
    remaining = math.floor((window - (whole - now)) / interval)
    if remaining > 0 then passes = now else passes = whole + interval - window end
    redis.call('SET', key, string.format('%.0f', whole), 'PX', math.ceil((whole - now) / 1000))
  end
  answers[index] = {allowed, remaining, whole - now, math.max(passes - now, 0)}
end
return answers
