internal import Bytes

/// What Redis does at once for a reservation, in Lua (docs/shared-limits.md#what-is-kept says which keys there are). Amounts are pairs of
/// numbers, since those of Lua are exact up to 2^53 only: requests and tokens with a 0, or millionths of a dollar with 1e-18 USD. A
/// counter's name is ten times its window (1 minute, 2 hour, 3 day, 4 month) and its unit (1 requests, 2 tokens, 3 USD); 51 is
/// concurrency, 52 spacing. It holds `slot:amount:rest` for each second of the last 61, or for its one window.
enum LimitScript: Int, CaseIterable {
    case reserve, settle, renew

    /// By `rawValue`.
    static var sources: [String] { [concat(String(common), String(reserving)), concat(String(common), String(settling)), concat(String(common), String(renewing))] }
}

private let common: StaticString = #"""
local E = 1000000000000
local function add(a, b, c, d)
  local hi, lo = a + c, b + d
  if lo >= E then return hi + 1, lo - E end
  return hi, lo
end
local function sub(a, b, c, d)
  local hi, lo = a - c, b - d
  if lo < 0 then hi, lo = hi - 1, lo + E end
  if hi < 0 then return 0, 0 end
  return hi, lo
end
local function more(a, b, c, d) return a > c or (a == c and b > d) end
local function text(n) return string.format('%.0f', n) end
local function month(days)
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local m = mp < 10 and mp + 3 or mp - 9
  return (yoe + era * 400 + (m <= 2 and 1 or 0)) * 12 + m - 1
end
local function slot(code, s)
  local w = math.floor(code / 10)
  if w == 1 then return s end
  if w == 2 then return math.floor(s / 3600) end
  if w == 3 then return math.floor(s / 86400) end
  return month(math.floor(s / 86400))
end
local function ends(code, now, s)
  local w = math.floor(code / 10)
  if w == 2 then return (now + 1) * 3600 end
  if w == 3 then return (now + 1) * 86400 end
  local day = math.floor(s / 86400) + 1
  while month(day) == now do day = day + 1 end
  return day * 86400
end
local function load(c, code, s)
  local now = slot(code, s)
  local oldest = code < 20 and s - 60 or now
  local list, hi, lo = {}, 0, 0
  for at, a, b in string.gmatch(redis.call('HGET', c, text(code)) or '', '(%d+):(%d+):(%d+)') do
    at, a, b = tonumber(at), tonumber(a), tonumber(b)
    if at >= oldest then
      list[#list + 1] = {at, a, b}
      hi, lo = add(hi, lo, a, b)
    end
  end
  return list, hi, lo, now
end
local function save(c, code, list)
  local parts = {}
  for i, e in ipairs(list) do parts[i] = text(e[1]) .. ':' .. text(e[2]) .. ':' .. text(e[3]) end
  redis.call('HSET', c, text(code), table.concat(parts, ';'))
end
local function keep(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, text(ms)) end
end
local time = redis.call('TIME')
local s = tonumber(time[1])
local now = s * 1000000 + tonumber(time[2])
local ms = math.floor(now / 1000)
local id, lease = ARGV[1], tonumber(ARGV[2])
local scopes = (#KEYS - 1) / 2
local loss = redis.call('GET', KEYS[1])
if not loss then
  loss = text(now)
  redis.call('SET', KEYS[1], loss)
end
loss = tonumber(loss)

"""#

/// ARGV: id, lease, tokens, USD; for each scope the number of its rules, and of each the counter and the ceiling. Answers 1, when what
/// is counted began, the time, and when each scope's counts began; or 0, the former, and what is in the way: how (4 never, 3 until, 2
/// reserved by others, 1 busy), scope, counter, microseconds. Behind either: what was used of each rule before.
private let reserving: StaticString = #"""
local spend = {{1, 0}, {tonumber(ARGV[3]), 0}, {tonumber(ARGV[4]), tonumber(ARGV[5])}}
local before = redis.call('ZSCORE', KEYS[3], id)
if before then
  local answer = {1, loss, (tonumber(before) - lease) * 1000}
  for i = 1, scopes do answer[#answer + 1] = tonumber(redis.call('HGET', KEYS[2 * i], 'g') or 0) end
  return answer
end
local at, how, scope, rule, wait, changes, life, totals = 6, 0, 0, 0, 0, {}, {}, {}
for i = 1, scopes do
  local c, z = KEYS[2 * i], KEYS[2 * i + 1]
  redis.call('ZREMRANGEBYSCORE', z, '-inf', text(ms))
  local live, count = redis.call('ZCARD', z), tonumber(ARGV[at])
  at, life[i] = at + 1, 0
  for _ = 1, count do
    local code, a, b = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    at = at + 3
    local h, t, used, part = 0, 0, 0, 0
    if code == 51 then
      used = live
      if a < 1 then h = 4 elseif live >= a then h = 1 end
    elseif code == 52 then
      local last = tonumber(redis.call('HGET', c, 'l') or 0)
      if now < last + a then h, t = 3, last + a - now end
      life[i] = math.max(life[i], a / 1000)
    else
      local unit = spend[code % 10]
      local list, hi, lo, here = load(c, code, s)
      local all, rest = add(hi, lo, unit[1], unit[2])
      used, part = hi, lo
      if more(unit[1], unit[2], a, b) then
        h = 4
      elseif more(all, rest, a, b) then
        local when = s + 61
        if code < 20 then
          for _, e in ipairs(list) do
            all, rest = sub(all, rest, e[2], e[3])
            if not more(all, rest, a, b) then
              when = e[1] + 61
              break
            end
          end
        else
          when = ends(code, here, s)
        end
        h, t = code % 10 == 3 and live > 0 and 2 or 3, math.max(when * 1000000 - now, 1000)
      else
        changes[#changes + 1] = {c, code, list, here, unit}
      end
      life[i] = math.max(life[i], code < 20 and 61000 or code < 30 and 3600000 or code < 40 and 86400000 or 2678400000)
    end
    totals[#totals + 1], totals[#totals + 2] = used, part
    if h > how or (h == how and t > wait) then how, scope, rule, wait = h, i, code, t end
  end
end
local function with(answer)
  for _, total in ipairs(totals) do answer[#answer + 1] = total end
  return answer
end
if how > 0 then return with({0, loss, how, scope, rule, wait}) end
for _, change in ipairs(changes) do
  local list, last = change[3], change[3][#change[3]]
  if last and last[1] == change[4] then
    last[2], last[3] = add(last[2], last[3], change[5][1], change[5][2])
  else
    list[#list + 1] = {change[4], change[5][1], change[5][2]}
  end
  save(change[1], change[2], list)
end
local answer = {1, loss, now}
for i = 1, scopes do
  local c, z = KEYS[2 * i], KEYS[2 * i + 1]
  redis.call('HSETNX', c, 'g', text(now))
  redis.call('HSET', c, 'p', redis.call('HGET', c, 'l') or '0', 'l', text(now))
  redis.call('ZADD', z, text(ms + lease), id)
  keep(c, life[i] + lease + 1000)
  keep(z, lease + 1000)
  answer[#answer + 1] = tonumber(redis.call('HGET', c, 'g'))
end
return with(answer)
"""#

/// ARGV: id, lease, when it was reserved (0: not known), until when it held, 1 for a request that did not happen, tokens and USD that were
/// reserved and that were used; for each scope when its counts began, the number of its counters, and these. Answers 1 when the
/// reservation was lost, and when what is counted began.
private let settling: StaticString = #"""
local start, expiry, back = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
local reserved = {{1, 0}, {tonumber(ARGV[6]), 0}, {tonumber(ARGV[7]), tonumber(ARGV[8])}}
local used = {{back and 0 or 1, 0}, {tonumber(ARGV[9]), 0}, {tonumber(ARGV[10]), tonumber(ARGV[11])}}
local at, lost = 12, 0
for i = 1, scopes do
  local c, z = KEYS[2 * i], KEYS[2 * i + 1]
  local score, count = redis.call('ZSCORE', z, id), tonumber(ARGV[at + 1])
  local is = score
  if score then
    redis.call('ZREM', z, id)
  else
    is = start > 0 and ms >= expiry and redis.call('HGET', c, 'g') == ARGV[at]
  end
  if is then
    local begun = start > 0 and start or (tonumber(score) - lease) * 1000
    local second = math.floor(begun / 1000000)
    for k = 1, count do
      local code = tonumber(ARGV[at + 1 + k])
      if code < 50 then
        local list, there, unit = load(c, code, s), slot(code, second), code % 10
        for _, e in ipairs(list) do
          if e[1] == there then
            e[2], e[3] = sub(e[2], e[3], reserved[unit][1], reserved[unit][2])
            e[2], e[3] = add(e[2], e[3], used[unit][1], used[unit][2])
            save(c, code, list)
            break
          end
        end
      end
    end
    if back and redis.call('HGET', c, 'l') == text(begun) then redis.call('HSET', c, 'l', redis.call('HGET', c, 'p') or '0') end
  else
    lost = 1
  end
  at = at + 2 + count
end
return {lost, loss}
"""#

/// ARGV: id, lease. Answers 1 when the reservation was lost, when what is counted began, and until when it holds.
private let renewing: StaticString = #"""
local lost = 0
for i = 1, scopes do
  local c, z = KEYS[2 * i], KEYS[2 * i + 1]
  if redis.call('ZSCORE', z, id) then
    redis.call('ZADD', z, text(ms + lease), id)
    keep(z, lease + 1000)
    keep(c, lease + 1000)
  else
    lost = 1
  end
end
return {lost, loss, ms + lease}
"""#
