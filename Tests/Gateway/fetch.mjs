// The calls that web pages make, with Node's fetch.
const url = process.argv[2] + "/v1/chat/completions";
const ask = (model, more = {}, options = {}) =>
  fetch(url, {
    method: "POST",
    headers: { Authorization: "Bearer <API_KEY>", "Content-Type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "What is the meaning of life?" }], ...more }),
    ...options,
  });

const answer = (await (await ask("up/chat")).json()).choices[0].message.content;

let streamed = "";
let rest = "";
for await (const piece of (await ask("up/paced:3:10", { stream: true })).body.pipeThrough(new TextDecoderStream())) {
  const events = (rest + piece).split("\n\n");
  rest = events.pop();
  for (const event of events) {
    const data = event.slice("data: ".length);
    if (data !== "[DONE]") streamed += JSON.parse(data).choices[0]?.delta.content ?? "";
  }
}

const weather = { type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } };
const called = (await (await ask("up/chat", { tools: [weather] })).json()).choices[0].message.tool_calls[0].function;
const picture = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const shown = [{ role: "user", content: [{ type: "text", text: "What is it?" }, picture] }];
const seen = (await (await ask("up/chat", { messages: shown })).json()).choices[0].message.content;

const refused = await ask("up/status:429");
const leaving = new AbortController();
const waiting = ask("up/stall:1", { stream: true }, { signal: leaving.signal }).then(async (response) => {
  for await (const _ of response.body) leaving.abort();
});
const aborted = await waiting.catch((error) => error.name);
console.log(JSON.stringify({ answer, tool: JSON.parse(called.arguments), seen, streamed, status: refused.status, retryAfter: refused.headers.get("retry-after"), aborted }));
