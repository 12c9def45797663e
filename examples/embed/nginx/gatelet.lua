-- LLM providers for nginx (LuaJIT's FFI): a client and a queue for each worker, and no thread. nginx cannot wait for a descriptor of
-- somebody else's, so the queue is driven by its caller: while streams are open, a light thread looks every few milliseconds.
local ffi = require "ffi"
local semaphore = require "ngx.semaphore"

ffi.cdef [[
typedef struct gatelet_client gatelet_client;
typedef struct gatelet_error gatelet_error;
typedef struct gatelet_queue gatelet_queue;
typedef struct gatelet_batch gatelet_batch;
typedef struct gatelet_event {
  uint32_t struct_size; int32_t kind; int32_t status; int32_t reserved; uint64_t tag;
  const char *json; size_t json_len; const char *text; size_t text_len;
  const char *reasoning; size_t reasoning_len; const char *name; size_t name_len;
} gatelet_event;
const char *gatelet_status_name(int32_t status);
int32_t gatelet_init(const char *config_json, gatelet_client **client, gatelet_error **error);
void gatelet_free(gatelet_client *client);
int32_t gatelet_queue_new(const char *options_json, gatelet_queue **queue, gatelet_error **error);
int32_t gatelet_queue_submit(gatelet_queue *queue, gatelet_client *client, int32_t operation, const char *request_json,
                             const char *options_json, uint64_t tag, gatelet_error **error);
int32_t gatelet_queue_next(gatelet_queue *queue, size_t max_events, int32_t timeout_ms, gatelet_batch **batch, gatelet_error **error);
int32_t gatelet_queue_cancel(gatelet_queue *queue, uint64_t tag, gatelet_error **error);
int32_t gatelet_queue_pause(gatelet_queue *queue, uint64_t tag, gatelet_error **error);
int32_t gatelet_queue_resume(gatelet_queue *queue, uint64_t tag, gatelet_error **error);
void gatelet_queue_free(gatelet_queue *queue);
const gatelet_event *gatelet_batch_event(gatelet_batch *batch, size_t index);
void gatelet_batch_free(gatelet_batch *batch);
const char *gatelet_error_message(const gatelet_error *error);
void gatelet_error_free(gatelet_error *error);
]]

local CHAT_STREAM, CHUNK, END = 2, 1, 2
local INTERVAL = 0.005 -- seconds between two looks while nothing comes
local FULL, LOW = 256, 32 -- unread events at which a stream waits for its reader, and goes on

local M, lib = {}, nil
local client, queue = ffi.new("gatelet_client *[1]"), ffi.new("gatelet_queue *[1]")
local batch, failure = ffi.new("gatelet_batch *[1]"), ffi.new("gatelet_error *[1]")
local streams, open, last_tag, driving = {}, 0, 0, false -- streams by tag

local function message(status)
  local text = ffi.string(lib.gatelet_error_message(failure[0]))
  lib.gatelet_error_free(failure[0])
  return text ~= "" and text or ffi.string(lib.gatelet_status_name(status))
end

-- For init_worker_by_lua: after the fork, a client of its own. Without a configuration the environment decides (`env` in nginx.conf).
function M.start(config)
  lib = ffi.load("libgatelet.so.0")
  local status = lib.gatelet_init(config, client, failure)
  if status == 0 then status = lib.gatelet_queue_new('{"driver": "caller"}', queue, failure) end
  if status ~= 0 then error(message(status)) end
end

-- For exit_worker_by_lua.
function M.stop()
  lib.gatelet_queue_free(queue[0])
  lib.gatelet_free(client[0])
end

local function hand(event)
  local tag = tonumber(event.tag)
  local stream = streams[tag]
  if event.kind == CHUNK then
    if stream.left then return end
    stream.unread[#stream.unread + 1] = ffi.string(event.json, event.json_len)
    if #stream.unread - stream.read >= FULL and not stream.paused then
      stream.paused = true
      lib.gatelet_queue_pause(queue[0], tag, nil)
    end
  elseif event.kind == END then
    streams[tag], open = nil, open - 1
    stream.status = ffi.string(lib.gatelet_status_name(event.status))
    if event.status ~= 0 then ngx.log(ngx.WARN, "a stream ended: ", stream.status) end
  end
  stream.changed:post()
end

-- Drives every stream of this worker, until none is open.
local function drive()
  while open > 0 and lib.gatelet_queue_next(queue[0], 0, 0, batch, nil) == 0 do
    if batch[0] == nil then
      ngx.sleep(INTERVAL)
    else
      local index = 0
      local event = lib.gatelet_batch_event(batch[0], index)
      while event ~= nil do
        hand(event)
        index = index + 1
        event = lib.gatelet_batch_event(batch[0], index)
      end
      lib.gatelet_batch_free(batch[0])
      ngx.sleep(0.001) -- readers first
    end
  end
  driving = false
end

local Stream = {}
Stream.__index = Stream

-- Begins a streamed chat; nil and a message where it is refused.
function M.stream(request)
  last_tag = last_tag + 1
  local status = lib.gatelet_queue_submit(queue[0], client[0], CHAT_STREAM, request, nil, last_tag, failure)
  if status ~= 0 then return nil, message(status) end
  local stream = setmetatable({tag = last_tag, unread = {}, read = 0, changed = semaphore.new()}, Stream)
  streams[last_tag], open = stream, open + 1
  if not driving then driving = assert(ngx.timer.at(0, drive)) end
  return stream
end

function Stream:cancel()
  if self.left or self.status then return end
  self.left = true
  lib.gatelet_queue_cancel(queue[0], self.tag, nil)
end

-- The next chunk as JSON; nil at the end, and how it ended ("ok").
function Stream:next()
  while self.read == #self.unread do
    if self.status then return nil, self.status end
    self.unread, self.read = {}, 0
    self.changed:wait(1)
  end
  self.read = self.read + 1
  local left = #self.unread - self.read
  if self.paused and left <= LOW then
    self.paused = false
    lib.gatelet_queue_resume(queue[0], self.tag, nil)
  end
  return self.unread[self.read]
end

-- For content_by_lua: the body is a chat, the answer a stream of server-sent events. A client that leaves ends its request.
function M.serve()
  ngx.req.read_body()
  local stream, refused = M.stream(ngx.req.get_body_data() or "")
  if not stream then
    ngx.status = 400
    return ngx.say('{"error":{"message":"', (refused:gsub('[%c"\\]', " ")), '"}}')
  end
  ngx.on_abort(function()
    stream:cancel()
    ngx.exit(499)
  end)
  ngx.header.content_type = "text/event-stream"
  local chunk, ended = stream:next()
  while chunk do
    -- A chunk may hold line breaks between two tokens; in one line they are blanks.
    ngx.print("data: ", (chunk:gsub("[\r\n]", " ")), "\n\n")
    if not ngx.flush(true) then return stream:cancel() end
    chunk, ended = stream:next()
  end
  ngx.print(ended == "ok" and "data: [DONE]\n\n" or 'data: {"error":{"message":"' .. ended .. '"}}\n\n')
end

return M
