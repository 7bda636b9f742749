-- KEYS: the hashes. ARGV, for each: its version, its end in milliseconds since 1970, the number of strings that follow,
-- and these: a field, its value, the next field, …
local at = 1
for _, key in ipairs(KEYS) do
  local version, ends, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local type = redis.call('TYPE', key).ok
  local kept = nil
  if type == 'hash' then
    kept = tonumber(redis.call('HGET', key, 'version') or '')
  end
  local newer = kept and kept > version
  local later = kept == version and redis.call('PEXPIRETIME', key) > ends
  if not newer and not later then
    -- A server that is full refuses what is new, but not what follows a removal. So remove only what is there.
    if type ~= 'none' then
      redis.call('DEL', key)
    end
    redis.call('HSET', key, unpack(ARGV, at + 3, at + 2 + count))
    redis.call('PEXPIREAT', key, ARGV[at + 1])
  end
  at = at + 3 + count
end
