-- Calls of add_numbers, each with numbers of its own; every answer is looked at. Read by wrk (see benchmarks/load.py).
-- wrk calls these functions by name. A thread has variables of its own; done() runs after all of them.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(_)
   local token = os.getenv("BENCH_TOKEN")
   wrk.method = "POST"
   wrk.headers["Content-Type"] = "application/json"
   wrk.headers["Accept"] = "application/json, text/event-stream"
   wrk.headers["MCP-Protocol-Version"] = "2025-11-25"
   if token then
      wrk.headers["Authorization"] = "Bearer " .. token
   end
   number, right, wrong, first_wrong = 0, 0, 0, ""
end

function request()
   number = number + 1
   return wrk.format(nil, nil, nil, string.format(
      '{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"add_numbers","arguments":{"a":%d,"b":40}}}',
      number, number))
end

function response(status, _, body)
   local id = body:match('"id":(%d+)')
   local result = body:match('"structuredContent":{.-"result":(%d+)%.0')
   if status == 200 and id and result and tonumber(result) == tonumber(id) + 40 then
      right = right + 1
   else
      wrong = wrong + 1
      if first_wrong == "" then
         first_wrong = status .. " " .. body:sub(1, 200):gsub("[%c\"\\]", " ")
      end
   end
end

function done(summary, latency, _)
   local all_right, all_wrong, what = 0, 0, ""
   for _, thread in ipairs(threads) do
      all_right = all_right + thread:get("right")
      all_wrong = all_wrong + thread:get("wrong")
      what = thread:get("first_wrong") ~= "" and thread:get("first_wrong") or what
   end
   local errors = summary.errors
   io.write(string.format(
      '{"right":%d,"wrong":%d,"first_wrong":"%s","broken":%d,"microseconds":%d,"p50":%d,"p99":%d}\n',
      all_right, all_wrong, what, errors.connect + errors.read + errors.write + errors.timeout,
      summary.duration, latency:percentile(50), latency:percentile(99)))
end
