-- wrk's script: sends one request for each line of a file that was signed just before. Arguments: that file, the file
-- of the body, the target, and what happens after the last line: "again" starts over; "once" does, too, and says so.
-- Prints what was counted as one line of JSON.
local lines, head, body, after
local threads = {}

function setup(thread)
  thread:set('ran_out', 0)
  table.insert(threads, thread)
end

function init(args)
  lines = io.open(args[1], 'r')
  local file = io.open(args[2], 'rb')
  body = file:read('*a')
  file:close()
  local target = args[3]
  after = args[4]
  head = 'POST ' .. target .. ' HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n'
    .. 'Content-Type: application/json\r\nContent-Length: ' .. #body .. '\r\n'
end

function request()
  local line = lines:read('*l')
  if line == nil then
    if after ~= 'again' then ran_out = 1 end
    lines:seek('set', 0)
    line = lines:read('*l')
  end
  return head .. line .. '\r\n\r\n' .. body
end

function done(summary, latency, requests)
  local ran = 0
  for _, thread in ipairs(threads) do ran = ran + thread:get('ran_out') end
  io.write(string.format('{"requests":%d,"durationUs":%d,"refused":%d,"broken":%d,"ranOut":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, ran,
    latency:percentile(50), latency:percentile(99)))
end
