// The status page. It asks once in a second for what is shown, so that it costs the same however many requests there are.
"use strict";

const $ = (id) => document.getElementById(id);
const PAGES = ["overview", "activity", "logs", "models", "chat"];
let remoteLogos = false;

// ---------------------------------------------------------------- words

const number = (value) => (value == null ? "–" : Number(value).toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 }));
const dollars = (value) => (value == null ? "–" : "$" + Number(value).toLocaleString("en", { maximumSignificantDigits: 4 }));
const milliseconds = (value) => (value == null ? "–" : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);
function several(times, ...names) {
  if (!times) return "–";
  const found = names.map((name) => times[name] ?? 0);
  const [unit, label] = Math.max(...found) < 1000 ? [1, "ms"] : [1000, "s"];
  return `${found.map((one) => (one / unit).toFixed(unit > 1 ? 1 : 0)).join(" / ")} ${label}`;
}
const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");
// All times are UTC, as the days of limits are.
const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);
const date = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

// An element with attributes and children; texts are texts, whatever they look like.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : String(child ?? "–"))));
  return made;
}

function fill(id, rows, empty = "None.") {
  const table = $(id);
  const heads = [...table.tHead.rows[0].cells];
  const body = element("tbody");
  for (const row of rows) {
    body.append(element("tr", {}, ...row.map((cell, i) => (cell instanceof HTMLTableCellElement ? cell : element("td", heads[i].className ? { class: heads[i].className } : {}, cell)))));
  }
  if (!rows.length) body.append(element("tr", {}, element("td", { colspan: heads.length, class: "quiet" }, empty)));
  table.tBodies[0].replaceWith(body);
}

function tiles(id, found) {
  $(id).replaceChildren(...found.map(([label, value, kind]) => element("div", { class: "tile" }, element("b", kind ? { class: kind } : {}, value), element("span", {}, label))));
}

function logo(name, url) {
  if (remoteLogos && /^https:/.test(url ?? "")) return element("img", { class: "logo", src: url, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
  const made = element("span", { class: "logo", "aria-hidden": "true" }, (name[0] ?? "?").toUpperCase());
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  made.style.background = `hsl(${hue} 45% 42%)`;
  return made;
}

const suggestions = { models: new Set(), seen: new Set(), providers: new Set(), keys: new Set() };
function suggest(kind, names) {
  const known = suggestions[kind];
  const fresh = names.filter((name) => name && !known.has(name)).slice(0, 3000 - known.size);
  fresh.forEach((name) => known.add(name));
  $("known-" + kind).append(...fresh.map((name) => element("option", { value: name })));
}

async function get(path) {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

// ---------------------------------------------------------------- overview

const rates = [];
let before = null;

async function overview() {
  const now = await get("/status/now");
  const total = now.total;
  const elapsed = before ? now.now - before.now : 0;
  if (before && elapsed > 0 && now.worker === before.worker) {
    rates.push([now.now, Math.max(0, total.requests - before.total.requests) / elapsed, Math.max(0, total.failures - before.total.failures) / elapsed]);
    while (rates.length > 300) rates.shift();
  }
  before = now;
  const tokens = total.tokens;
  const cost = Number(total.cost.known) + Number(total.cost.estimated);
  tiles("tiles", [
    ["requests under way", number(now.live_count)],
    ["requests per second", rates.length ? number(rates.at(-1)[1]) : "–"],
    ["requests", number(total.requests)],
    ["failed", share(total.failures, total.requests), total.failures ? "bad" : ""],
    ["failovers", number(total.fallbacks)],
    ["tokens in / out", `${number(tokens.input + tokens.cache_read + tokens.cache_write)} / ${number(tokens.output)}`],
    [total.cost.unknown_attempts ? `cost, ${number(total.cost.unknown_attempts)} attempts unknown` : "cost", dollars(cost)],
    ["latency p50 / p95 / p99", several(total.latency_ms, "p50", "p95", "p99")],
    ["first content p50 / p95", several(total.first_content_ms, "p50", "p95")],
  ]);
  $("state").textContent = now.workers > 1 ? `worker ${now.worker + 1} of ${now.workers}; Activity and Logs are of all` : `up since ${date(now.since)}`;
  charts.show("rate-chart", "line", rates.map((one) => clock(one[0])), [["requests", rates.map((one) => one[1])], ["failures", rates.map((one) => one[2])]]);
  const errors = Object.entries(total.errors).sort((a, b) => b[1] - a[1]);
  $("no-errors").hidden = errors.length > 0;
  charts.show("errors-chart", "bar", errors.map((one) => one[0]), [["attempts", errors.map((one) => one[1])]], { legend: false, whole: true });
  fill("live", now.live.map((one) => [one.who, one.path, one.model, `${Math.round(now.now - one.since)} s`, one.stream ? one.chunks : "–"]));
  fill("failovers", now.failovers.map((one) => [date(one.time).slice(5), `${one.provider}/${one.model}`, element("span", { class: "bad" }, one.http_status ? `${one.status} (${one.http_status})` : one.status), (one.action ?? "–").replaceAll("_", " ")]));
}

async function providers(balance = false) {
  const found = await get("/status/providers" + (balance ? "?balance=1" : ""));
  remoteLogos = found.remote_logos;
  suggest("providers", found.providers.map((one) => one.id));
  fill("providers", found.providers.map((one) => {
    const health = one.health ?? {};
    const retired = (one.keys ?? []).filter((key) => key.state === "retired");
    const open = (health.models ?? []).filter((model) => model.breaker !== "closed").map((model) => model.model);
    const up = open.length ? [`up, ${open.length} models rest`, "warn"] : ["up", "good"];
    const state = !one.configured ? ["no key", "warn"] : (health.breaker ?? "closed") === "closed" ? up : [`breaker ${health.breaker.replace("_", " ")}`, "bad"];
    const left = one.balance ? one.balance.error?.kind ?? dollars(one.balance.remaining) : balance ? "not told" : "–";
    return [
      element("span", {}, logo(one.id, one.logo_url), one.name ?? one.id), element("span", { class: state[1] }, state[0]), number(health.in_flight), milliseconds(health.latency_ms),
      retired.length ? element("span", { class: "bad" }, `${retired.length} of ${one.keys.length} rest`) : String((one.keys ?? []).length),
      open.length ? element("span", { class: "bad" }, open.slice(0, 4).join(", ") + (open.length > 4 ? ` and ${open.length - 4}` : "")) : "none", left,
    ];
  }));
  const redis = found.redis;
  $("redis").hidden = !redis;
  if (redis) $("redis").textContent = `Limits are shared through ${redis.url}: ${redis.state}${redis.error ? `, ${redis.error}` : ""}`;
  $("redis").className = redis?.state === "unavailable" ? "bad" : "quiet";
  $("unconfigured").textContent = `${found.others} further providers have no key here. ${found.warnings.join(" ")}`;
  await names();
}

// ---------------------------------------------------------------- activity and logs

const values = (name) => Object.fromEntries(new FormData(document.querySelector(`form[data-for=${name}]`)));
const query = (members) => new URLSearchParams(Object.entries(members).filter(([, value]) => value !== "" && value != null)).toString();

// What filters may say, and what each key has used of its limits today.
async function names() {
  const found = await get("/status/names");
  suggest("seen", found.models);
  suggest("providers", found.providers);
  suggest("keys", found.keys);
  fill("keys", found.today.map((one) => {
    const left = one.rules.map((rule) => {
      const [shown, of] = [rule.left, rule.limit].map(rule.rule.startsWith("usd") ? dollars : number);
      return element("span", { class: Number(rule.left) > 0 ? "rule" : "rule bad" }, `${rule.rule.replaceAll("_", " ")}: ${shown} of ${of}`);
    });
    return [one.name, number(one.requests), number(one.tokens), dollars(one.usd) + (one.unpriced ? `, ${number(one.unpriced)} unknown` : ""), left.length ? element("span", {}, ...left) : "no limits"];
  }), "No keys, and no requests today.");
}

async function activity() {
  const { range: told, ...asked } = values("activity");
  const range = asked.day ? 86400 : Number(told);
  const since = asked.day ? Date.parse(asked.day + "T00:00:00Z") / 1000 : Math.floor(Date.now() / 1000) - range;
  const step = { 3600: 60, 86400: 3600, 604800: 3600 * 6, 5356800: 86400 }[range];
  const found = await get("/status/activity?" + query({ ...asked, step, since, until: asked.day ? since + range : "", what: "" }));
  $("sums-csv").href = "/status/activity.csv?" + query({ ...asked, since, what: "" });
  const total = found.total;
  if (tick++ % 6 === 0) await names();
  tiles("sums", [
    ["requests", number(total.requests)], ["failed", share(total.failed, total.requests), total.failed ? "bad" : ""], ["failovers", number(total.failovers)],
    ["tokens in", number(total.tokens_in)], ["tokens out", number(total.tokens_out)],
    [total.unpriced ? `cost, ${number(total.unpriced)} requests unknown` : "cost", dollars(total.usd)],
    ["latency p50 / p95", several(total.ms, "p50", "p95")],
    ["errors", Object.entries(found.errors).map(([kind, count]) => `${kind} ${count}`).join(", ") || "none"],
  ]);
  const what = ["Requests", "Tokens", "Cost in USD", "Failures"][asked.what];
  $("activity-caption").textContent = `${what} by ${asked.by}`;
  const label = (at) => (step >= 86400 ? new Date(at * 1000).toISOString().slice(5, 10) : step > 3600 ? date(at).slice(5, 16) : clock(at).slice(0, 5));
  charts.show("activity-chart", "bar", found.times.map(label), Object.entries(found.series).map(([name, spots]) => [name, spots.map((spot) => spot[asked.what])]), { stacked: true, unit: what, whole: asked.what !== "2" });
  fill("groups", found.groups.map((one) => [
    one.name, number(one.requests), number(one.failed), number(one.failovers), number(one.tokens_in), number(one.tokens_out), dollars(one.usd),
    milliseconds(one.ms?.p50), milliseconds(one.ms?.p95), milliseconds(one.ms?.p99), milliseconds(one.first_ms?.p50),
  ]), "No requests in this time.");
}

let offset = 0;
async function logs() {
  const chosen = values("logs");
  $("csv").href = "/status/logs.csv?" + query(chosen);
  const found = await get("/status/logs?" + query({ ...chosen, offset }));
  fill("rows", found.rows.map((one) => [
    date(one.time), one.key, one.requested_model, one.provider ? `${one.provider}/${one.model}` : null, element("span", { class: one.status === "ok" ? "good" : "bad" }, one.status),
    number(one.attempts), number(one.tokens_in), number(one.tokens_out), dollars(one.usd), milliseconds(one.first_ms), milliseconds(one.ms),
  ]), "No such requests.");
  if (tick++ % 6 === 0) await names();
  $("which").textContent = found.total ? `${offset + 1} to ${offset + found.rows.length} of ${number(found.total)}` : "";
  $("newer").disabled = offset === 0;
  $("older").disabled = offset + found.rows.length >= found.total;
}

// ---------------------------------------------------------------- models

let catalog = [];
let catalogAt = 0;
async function models() {
  if (Date.now() - catalogAt > (catalog.length ? 60000 : 2000)) { // lists come when they come
    const told = await get("/status/models");
    catalog = told.data;
    catalogAt = Date.now();
    $("missing").textContent = told.missing.length ? `No list of ${told.missing.join("; ")}` : "";
  }
  const { q, type, sort } = values("models");
  const types = document.querySelector("form[data-for=models] select[name=type]");
  const kinds = new Set([...types.options].map((one) => one.value));
  types.append(...[...new Set(catalog.map((one) => one.category_type))].filter((name) => !kinds.has(name)).sort().map((name) => element("option", {}, name)));
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = catalog.filter((one) => (!type || one.category_type === type) && words.every((word) => `${one.id} ${one.display_name}`.toLowerCase().includes(word)));
  const price = (one) => (one.min_prompt_price == null ? Infinity : one.min_prompt_price + (one.min_completion_price ?? 0));
  const orders = { price: (a, b) => price(a) - price(b) || 0, context: (a, b) => (b.context_length ?? -1) - (a.context_length ?? -1), name: (a, b) => a.display_name.localeCompare(b.display_name) };
  if (sort) found.sort(orders[sort]);
  fill("models", found.slice(0, 300).map((one) => [
    element("span", { title: one.description ?? one.id }, logo(one.id.split("/").at(-2) ?? one.id, one.logo_url), one.id), one.provider, number(one.context_length),
    one.min_prompt_price == null ? "unknown" : "$" + one.min_prompt_price, one.min_completion_price == null ? "unknown" : "$" + one.min_completion_price,
    (one.input_modalities ?? []).join(", "), element("button", { type: "button", "aria-label": `Chat with ${one.id}`, onclick: () => { $("ask").model.value = one.id; location.hash = "chat"; } }, "Chat"),
  ]), catalog.length ? "No such model." : "No provider has told a list of models yet.");
  $("found").textContent = `${number(found.length)} of ${number(catalog.length)}` + (found.length > 300 ? ", the first 300 shown" : "");
  suggest("models", catalog.map((one) => one.id));
}

// ---------------------------------------------------------------- chat

let talk = [];
let asking = null;

function say(kind, text) {
  const line = element("p", { class: kind }, text);
  $("talk").append(line);
  $("talk").scrollTop = $("talk").scrollHeight;
  return line;
}

async function ask(model, text) {
  talk.push({ role: "user", content: text });
  say("mine", text);
  const line = say("", "");
  asking = new AbortController();
  $("send").disabled = !($("stop").disabled = false);
  let answer = "", note = "";
  const began = performance.now();
  try {
    const response = await fetch("/status/chat", {
      method: "POST", headers: { "content-type": "application/json" }, signal: asking.signal,
      body: JSON.stringify({ model, messages: talk, stream: true, stream_options: { include_usage: true } }),
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    for await (const data of events(response.body)) {
      if (data.error) throw new Error(data.error.message);
      answer += data.choices?.[0]?.delta?.content ?? "";
      line.textContent = answer;
      if (data.usage) note = `${number(data.usage.prompt_tokens)} tokens in, ${number(data.usage.completion_tokens)} out, `;
      $("talk").scrollTop = $("talk").scrollHeight;
    }
    note += milliseconds(performance.now() - began);
  } catch (error) {
    note = error.name === "AbortError" ? "stopped" : error.message;
  }
  if (answer) talk.push({ role: "assistant", content: answer });
  else talk.pop();
  say("note", note);
  asking = null;
  $("stop").disabled = !($("send").disabled = false);
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const found = (rest + value).split("\n\n");
    rest = found.pop();
    for (const event of found) {
      const data = event.startsWith("data: ") ? event.slice(6) : "";
      if (data && data !== "[DONE]") yield JSON.parse(data);
    }
  }
}

// ---------------------------------------------------------------- what is shown

const shown = { overview: async () => { await overview(); if (tick++ % 5 === 0) await providers(); }, activity, logs, models, chat: models };
let tick = 0;
let busy = false;
let again = false;

async function refresh() {
  if (busy) {
    again = true; // what was typed meanwhile counts
    return;
  }
  busy = true;
  try {
    await shown[current()]();
  } catch (error) {
    $("state").textContent = `The gateway does not answer: ${error.message}`;
  } finally {
    busy = false;
  }
  if (again) {
    again = false;
    refresh();
  }
}

const current = () => (PAGES.includes(location.hash.slice(1)) ? location.hash.slice(1) : "overview");

function turn() {
  for (const name of PAGES) $(name + "-page").hidden = name !== current();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === "#" + current()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  tick = 0;
  refresh();
}

addEventListener("hashchange", turn);
setInterval(() => {
  const every = { overview: 1, activity: 10, logs: 5, models: catalog.length ? 0 : 3, chat: catalog.length ? 0 : 3 }[current()];
  if (every && !document.hidden && ++seconds % every === 0) refresh();
}, 1000);
let seconds = 0;

for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { offset = 0; refresh(); });
}
$("newer").addEventListener("click", () => { offset = Math.max(0, offset - 100); refresh(); });
$("older").addEventListener("click", () => { offset += 100; refresh(); });
$("balances").addEventListener("click", () => providers(true).catch((error) => { $("state").textContent = error.message; }));
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = event.target.text.value.trim();
  if (!text || asking) return;
  event.target.text.value = "";
  ask(event.target.model.value, text);
});
$("ask").text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); $("ask").requestSubmit(); }
});
$("stop").addEventListener("click", () => asking?.abort());
$("clear").addEventListener("click", () => { asking?.abort(); talk = []; $("talk").replaceChildren(); });
turn();
