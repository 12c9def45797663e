import Foundation
import Testing

/// One member of docs/config.schema.json with a value that must change the configuration, and one that must be refused.
struct MemberCase: Sendable, CustomTestStringConvertible {
    /// As in the schema: `*` stands for any name of a map, `[]` for an element.
    let path: String
    let value: String
    let wrong: String
    /// The document that the value is put into.
    var base: String
    /// False for the two members that only readers of a document look at.
    var effect = true

    init(_ path: String, _ value: String, wrong: String, base: String? = nil, effect: Bool = true) {
        self.path = path
        self.value = value
        self.wrong = wrong
        self.base = base ?? (path.hasPrefix("providers.") ? #"{"providers": {"mine": {"base_url": "https://x.example/v1"}}}"# : "{}")
        self.effect = effect
    }

    var testDescription: String { path }
    var steps: [String] { path.replacingOccurrences(of: "[]", with: ".[]").components(separatedBy: ".") }
    /// The path in messages, with the names that stand for `*` and `[]` here.
    var shown: String {
        var text = path
        for (parent, name) in stars { text = text.replacingOccurrences(of: "\(parent).*", with: "\(parent).\(name)") }
        return text.replacingOccurrences(of: "[]", with: "[0]").replacingOccurrences(of: ".*", with: ".any")
    }

    /// nil: the member is left out of the object that would hold it.
    func document(_ value: String?) throws -> String {
        let base = try JSONSerialization.jsonObject(with: Data(base.utf8))
        let value = try value.map { try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed) }
        let document = try #require(Self.put(value, at: steps[...], into: base, under: ""))
        return String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
    }

    private static func put(_ value: Any?, at steps: ArraySlice<String>, into base: Any?, under parent: String) -> Any? {
        guard let step = steps.first else { return value }
        if step == "[]" {
            let elements = base as? [Any] ?? []
            return [put(value, at: steps.dropFirst(), into: elements.first, under: step)].compactMap { $0 } + elements.dropFirst()
        }
        var object = base as? [String: Any] ?? [:]
        let name = step != "*" ? step : stars.first { $0.0 == parent }?.1 ?? "any"
        object[name] = put(value, at: steps.dropFirst(), into: object[name], under: step)
        return object
    }
}

/// Names that stand for `*` where not any will do.
private let stars: [(String, String)] = [("providers", "mine"), ("failover", "rate_limit"), ("prices", "prompt"), ("tiers", "prompt"), ("dialects", "gemini")]

private let keyed = #"{"providers": {"mine": {"base_url": "https://x.example/v1", "keys": [{"value": "k"}]}}}"#
private let account = #"{"providers": {"mine": {"base_url": "https://x.example/v1", "balance": {"url": "/b", "remaining": ["left"], "total": "t", "used": "u"}}}}"#
private let parted = #"{"providers": {"mine": {"base_url": "https://{any}.example/v1", "api_key": "k"}}}"#
private let google = #"{"providers": {"mine": {"base_url": "https://x.example/v1", "dialect": "gemini"}}}"#
private let factored = #"{"providers": {"mine": {"base_url": "https://x.example/v1", "price_factors": [{"usage": "speed", "says": "fast", "factor": 2}]}}}"#
private let ruled = #"{"providers": {"mine": {"base_url": "https://x.example/v1", "parameters": {"any": {"max": 2}}}}}"#
private let quirk = #"{"providers": {"mine": {"base_url": "https://x.example/v1", "quirks": []}}}"#

/// Members whose value and mistake follow from the schema have no line here (ConfigurationSchema.swift).
let memberCases: [MemberCase] = tabledCases + ((try? Schema().cases(Set(tabledCases.map(\.path)))) ?? [])

private let tabledCases: [MemberCase] = routingCases + [
    MemberCase("dev_mode", "true", wrong: "1"),
    MemberCase("environment", "false", wrong: "\"no\""),
    MemberCase("env_file", "\"e.env\"", wrong: "3"),
    MemberCase("price_file", "\"prices.tsv\"", wrong: "\"bad.tsv\""),
    MemberCase("cache_dir", "\"lists\"", wrong: "3"), MemberCase("records", "\"usage.jsonl\"", wrong: "3"),
    MemberCase("record", "\"exchanges.jsonl\"", wrong: "3"), MemberCase("replay", "\"exchanges.jsonl\"", wrong: "3"), MemberCase("replay_speed", "2", wrong: "-1"),
    MemberCase("lists", "{\"fresh\": 60}", wrong: "5"), MemberCase("lists.fresh", "60", wrong: "-1"), MemberCase("lists.stale", "60", wrong: "\"1\""),
    MemberCase("providers.*.served_by", #"{"header": "X-By"}"#, wrong: "\"X-By\""), MemberCase("providers.*.served_by.header", "\"X-By\"", wrong: "\"a b\""),
    MemberCase("providers.*.served_by.members", "[\"provider\"]", wrong: "\"provider\""), MemberCase("providers.*.served_by.members[]", "\"a.b\"", wrong: "1"),
    MemberCase("providers.*.server_suffixes", #"{"fastest": "any"}"#, wrong: "[]"), MemberCase("providers.*.server_suffixes.*", "\"cheapest\"", wrong: "\"fast\""),
    MemberCase("providers.*.price_table", "\"openai\"", wrong: "1"),
    MemberCase("providers.*.price_factors", #"[{"usage": "speed", "says": "fast", "factor": 2}]"#, wrong: "{}"),
    MemberCase("providers.*.price_factors[]", #"{"usage": "inference_geo", "says": "us", "factor": 1.1}"#, wrong: #"{"usage": "speed", "factor": 2}"#),
    MemberCase("providers.*.price_factors[].usage", "\"inference_geo\"", wrong: "\"tier\"", base: factored),
    MemberCase("providers.*.price_factors[].says", "\"slow\"", wrong: "\"\"", base: factored),
    MemberCase("providers.*.price_factors[].factor", "1.1", wrong: "0", base: factored),
    MemberCase("providers.*.price_factors[].models", "[\"a*\"]", wrong: "\"a*\"", base: factored),
    MemberCase("providers.*.price_factors[].models[]", "\"a*\"", wrong: "1", base: factored),
    MemberCase("providers.*.balance", #"{"url": "/b", "remaining": "left"}"#, wrong: "{}"),
    MemberCase("providers.*.balance.url", "\"/c\"", wrong: "3", base: account),
    MemberCase("providers.*.balance.remaining", "\"rest\"", wrong: "1", base: account),
    MemberCase("providers.*.balance.total", "\"all\"", wrong: "1", base: account), MemberCase("providers.*.balance.used", "\"gone\"", wrong: "1", base: account),
    MemberCase("providers", "{\"openai\": {}}", wrong: "[]"),
    MemberCase("default_provider", "\"groq\"", wrong: "\"nobody\""),
    MemberCase("default_model", "\"m\"", wrong: "\"\""),
    MemberCase("aliases", "{\"a\": \"b\"}", wrong: "[]"), MemberCase("aliases.*", "\"b\"", wrong: "1"),
    MemberCase("timeouts", "{\"idle\": 1}", wrong: "5"),
    MemberCase("timeouts.connect", "1", wrong: "-1"), MemberCase("timeouts.first_byte", "1.5", wrong: "true"),
    MemberCase("timeouts.idle", "0", wrong: "\"1\""), MemberCase("timeouts.content", "1", wrong: "1e300"),
    MemberCase("timeouts.total", "90", wrong: "86400.5"),
    MemberCase("caps", "{\"depth\": 100}", wrong: "[]"),
    MemberCase("caps.headers", "4096", wrong: "0"), MemberCase("caps.event", "4096", wrong: "4096.5"),
    MemberCase("caps.body", "4096", wrong: "-4096"), MemberCase("caps.request", "4096", wrong: "2000000000"),
    MemberCase("caps.depth", "100", wrong: "1"), MemberCase("caps.models", "0", wrong: "101"),
    MemberCase("caps.entries", "100", wrong: "0"),
    MemberCase("http", "{\"http2\": true}", wrong: "2"), MemberCase("http.http2", "true", wrong: "2"),
    MemberCase("http.proxy", "\"http://127.0.0.1:1\"", wrong: "\"a\\nb\""), MemberCase("http.ca_file", "\"ca.pem\"", wrong: "\"\""),
    MemberCase("http.no_proxy", "\"localhost,.test\"", wrong: "\"\""), MemberCase("http.keep_alive", "0", wrong: "-1"),
    MemberCase("http.client_cert", "\"c.pem\"", wrong: "\"\""), MemberCase("http.client_key", "\"k.pem\"", wrong: "false"),
    MemberCase("http.unix_socket", "\"/run/x\"", wrong: "\"x\""),
    MemberCase("http.resolve", "[\"x:1:127.0.0.1\"]", wrong: "\"x:1:127.0.0.1\""),
    MemberCase("http.resolve[]", "\"x:1:127.0.0.1\"", wrong: "\"x\""),
    MemberCase("http.allow_insecure", "true", wrong: "0"),
    MemberCase("fetch", "{\"allowed\": true}", wrong: "true"), MemberCase("fetch.allowed", "true", wrong: "1"),
    MemberCase("fetch.max_bytes", "4096", wrong: "1000"), MemberCase("fetch.timeout", "3", wrong: "-1"),
    MemberCase("fetch.allow_hosts", "[\"a.example\"]", wrong: "\"a.example\""), MemberCase("fetch.allow_hosts[]", "\"*.example\"", wrong: "\"https://a.example\""),
    MemberCase("fetch.allow_addresses", "[\"::1\"]", wrong: "\"::1\""), MemberCase("fetch.allow_addresses[]", "\"10.0.0.0/8\"", wrong: "\"a.example\""),
    MemberCase("allow_headers", "[\"X-A\"]", wrong: "\"X-A\""), MemberCase("allow_headers[]", "\"X-*\"", wrong: "\"Host\""),
    MemberCase("allow_query", "[\"a\"]", wrong: "\"a\""), MemberCase("allow_query[]", "\"a\"", wrong: "\"\""),
    MemberCase("allow_requests", "[\"POST /a\"]", wrong: "\"POST /a\""), MemberCase("allow_requests[]", "\"GET /a/*\"", wrong: "\"GET a\""),
    MemberCase("redis_url", "\"redis://127.0.0.1/1\"", wrong: "\"http://127.0.0.1\""), MemberCase("redis_prefix", "\"mine\"", wrong: "\"a b\""),
    MemberCase("cache", "{\"ttl\": 5}", wrong: "true"), MemberCase("cache.mode", "\"read_only\"", wrong: "\"yes\""), MemberCase("cache.ttl", "60", wrong: "-1"),
    MemberCase("cache.max_bytes", "100000", wrong: "1000"), MemberCase("cache.max_entry_bytes", "2048", wrong: "1"), MemberCase("cache.shared", "true", wrong: "1"),
    MemberCase("cache.single_flight", "true", wrong: "\"on\""),
    MemberCase("redis_timeout", "0.5", wrong: "0"), MemberCase("redis_lease", "30", wrong: "0.5"),
    MemberCase("request_extensions", "\"all\"", wrong: "\"some\""),
    MemberCase("log", "\"debug\"", wrong: "\"verbose\""),
    MemberCase("providers.*", "{\"base_url\": \"https://x.example/v1\"}", wrong: "[]", base: "{}"),
    MemberCase("providers.*.id", "\"mine\"", wrong: "\"yours\"", effect: false),
    MemberCase("providers.*.base_url", "\"https://y.example\"", wrong: "\"y.example\""),
    MemberCase("providers.*.query", "{\"v\": \"1\"}", wrong: "[]"), MemberCase("providers.*.query.*", "\"1\"", wrong: "1"),
    MemberCase("providers.*.paths", "{\"chat\": \"/c\"}", wrong: "[]"), MemberCase("providers.*.paths.chat", "\"/c\"", wrong: "\"c\""),
    MemberCase("providers.*.paths.chat_stream", "\"/s\"", wrong: "\"s\""),
    MemberCase("providers.*.paths.completions", "\"/c\"", wrong: "\"/c?d\""), MemberCase("providers.*.paths.embeddings", "\"/c\"", wrong: "1"),
    MemberCase("providers.*.paths.models", "\"/c\"", wrong: "\"c\""), MemberCase("providers.*.paths.count_tokens", "\"/c\"", wrong: "\"c\""),
    MemberCase("providers.*.name", "\"Mine\"", wrong: "\"\""),
    MemberCase("providers.*.aliases", "[\"my\"]", wrong: "\"my\""), MemberCase("providers.*.aliases[]", "\"my\"", wrong: "1"),
    MemberCase("providers.*.dialect", "\"dev\"", wrong: "\"x\""),
    MemberCase("providers.*.dialects", "{\"gemini\": {\"auth\": \"bearer\"}}", wrong: "[]", base: google),
    MemberCase("providers.*.dialects.*", "{\"auth\": \"bearer\"}", wrong: "[]", base: google),
    MemberCase("providers.*.dialects.*.base_url", "\"https://there.example/v1\"", wrong: "\"there\"", base: google, effect: false), // it has one
    MemberCase("providers.*.dialects.*.auth", "{\"header\": \"x-key\"}", wrong: "\"basic\"", base: google),
    MemberCase("providers.*.dialects.*.auth.header", "\"x-key\"", wrong: "\"Host\"", base: google),
    MemberCase("providers.*.auth", "{\"header\": \"x-key\"}", wrong: "\"basic\""),
    MemberCase("providers.*.auth.header", "\"x-key\"", wrong: "\"Host\""),
    MemberCase("providers.*.key", "\"none\"", wrong: "\"maybe\""),
    MemberCase("providers.*.env", "[\"X_KEY\"]", wrong: "\"X_KEY\""), MemberCase("providers.*.env[]", "\"X_KEY\"", wrong: "1"),
    MemberCase("providers.*.env_base_url", "\"X_URL\"", wrong: "1", base: #"{"providers": {"mine": {}}}"#),
    MemberCase("providers.*.env_default_model", "\"X_MODEL\"", wrong: "1"),
    MemberCase("providers.*.env_timeout", "\"X_TIMEOUT\"", wrong: "1"),
    MemberCase("providers.*.allow_headers", "[\"X-A\"]", wrong: "{}"), MemberCase("providers.*.allow_headers[]", "\"X-*\"", wrong: "\"authorization\""),
    MemberCase("providers.*.allow_query", "[\"a\"]", wrong: "\"a\""), MemberCase("providers.*.allow_query[]", "\"a\"", wrong: "1"),
    MemberCase("providers.*.headers", "{\"X-A\": \"1\"}", wrong: "[]"), MemberCase("providers.*.headers.*", "\"1\"", wrong: "\"\\n\""),
    MemberCase("providers.*.models", "{\"public\": true}", wrong: "[]"),
    MemberCase("providers.*.models.url", "\"https://l.example\"", wrong: "\"l\""),
    MemberCase("providers.*.models.prices_url", "\"https://l.example\"", wrong: "\"l\""),
    MemberCase("providers.*.models.form", "\"vllm\"", wrong: "\"x\""),
    MemberCase("providers.*.models.file", "\"models.csv\"", wrong: "\"\""),
    MemberCase("providers.*.models.auth", "{\"header\": \"x-key\"}", wrong: "\"basic\""),
    MemberCase("providers.*.models.auth.header", "\"x-key\"", wrong: "\"Host\""),
    MemberCase("providers.*.models.headers", "{\"X-A\": \"1\"}", wrong: "[]"), MemberCase("providers.*.models.headers.*", "\"1\"", wrong: "\"\\n\""),
    MemberCase("providers.*.models_url", "\"https://l.example\"", wrong: "1"),
    MemberCase("providers.*.parameters", "{\"seed\": {\"rename\": \"random_seed\"}}", wrong: "[]"),
    MemberCase("providers.*.parameters.*", "{\"drop\": true}", wrong: "{\"drop\": true, \"reject\": true}"),
    MemberCase("providers.*.parameters.*.models", "[\"a*\"]", wrong: "\"a*\"", base: ruled),
    MemberCase("providers.*.parameters.*.models[]", "\"a*\"", wrong: "1", base: ruled),
    MemberCase("providers.*.parameters.*.rename", "\"heat\"", wrong: "\"messages\"", base: ruled),
    MemberCase("providers.*.parameters.*.min", "0.5", wrong: "3", base: ruled),
    MemberCase("providers.*.parameters.*.max", "1", wrong: "\"1\"", base: ruled),
    MemberCase("providers.*.parameters.*.drop", "true", wrong: "1"), MemberCase("providers.*.parameters.*.reject", "true", wrong: "1"),
    MemberCase("providers.*.reasoning_back", "\"reasoning_content\"", wrong: "\"thoughts\""),
    MemberCase("providers.*.reasoning_tags", "\"think\"", wrong: "\"<think>\""),
    MemberCase("providers.*.keep_prefix", "[\"mine/a\"]", wrong: "{}"), MemberCase("providers.*.keep_prefix[]", "\"mine/a\"", wrong: "1"),
    MemberCase("providers.*.capabilities", "{\"embeddings\": false}", wrong: "[]"),
    MemberCase("providers.*.capabilities.embeddings", "false", wrong: "1"),
    MemberCase("providers.*.capabilities.completions", "\"chat\"", wrong: "\"x\""),
    MemberCase("providers.*.capabilities.count_tokens", "false", wrong: "1", base: #"{"providers": {"mine": {"base_url": "https://x.example/v1", "dialect": "anthropic"}}}"#),
    MemberCase("providers.*.capabilities.embedding_inputs", "96", wrong: "0"),
    MemberCase("providers.*.capabilities.media_urls", "[]", wrong: "true"), MemberCase("providers.*.capabilities.media_urls[]", "\"image\"", wrong: "\"picture\""),
    MemberCase("providers.*.capabilities.embedding_format", "\"int8\"", wrong: "\"int4\""),
    MemberCase("providers.*.timeouts", "{\"idle\": 1}", wrong: "[]"),
    MemberCase("providers.*.timeouts.connect", "1", wrong: "-1"), MemberCase("providers.*.timeouts.first_byte", "1", wrong: "-1"),
    MemberCase("providers.*.timeouts.idle", "1", wrong: "-1"), MemberCase("providers.*.timeouts.content", "1", wrong: "-1"),
    MemberCase("providers.*.timeouts.total", "1", wrong: "-1"),
    MemberCase("providers.*.default_model", "\"m\"", wrong: "[]"),
    MemberCase("providers.*.prices", "\"cross_reference\"", wrong: "\"maker\""),
    MemberCase("providers.*.price_unit", "\"usd_per_million\"", wrong: "\"eur\""),
    MemberCase("providers.*.token_delay", "1", wrong: "-1"), MemberCase("providers.*.keep_alive", "55", wrong: "\"55\""),
    MemberCase("providers.*.site_url", "\"https://s.example\"", wrong: "\"s\""),
    MemberCase("providers.*.docs_url", "\"https://s.example\"", wrong: "\"s\""),
    MemberCase("providers.*.variables", "{\"any\": \"X_MODEL\"}", wrong: "[]", base: parted),
    MemberCase("providers.*.variables.*", "\"X_MODEL\"", wrong: "1", base: parted),
    MemberCase("providers.*.values", "{\"any\": \"v\"}", wrong: "[]", base: parted),
    MemberCase("providers.*.values.*", "\"v\"", wrong: "\"a/b\"", base: parted),
    MemberCase("providers.*.logo_url", "\"https://s.example\"", wrong: "\"s\""),
    MemberCase("providers.*.quirks", "[]", wrong: "{}", effect: false),
    MemberCase("providers.*.quirks[]", "{\"note\": \"n\", \"link\": \"https://s.example\", \"date\": \"2026-01-01\"}", wrong: "1", effect: false),
    MemberCase("providers.*.quirks[].note", "\"n\"", wrong: "1", base: quirk, effect: false),
    MemberCase("providers.*.quirks[].link", "\"https://s.example\"", wrong: "1", base: quirk, effect: false),
    MemberCase("providers.*.quirks[].date", "\"2026-01-01\"", wrong: "1", base: quirk, effect: false),
    MemberCase("providers.*.api_key", "\"k\"", wrong: "\"a b\""),
    MemberCase("providers.*.keys", "[{\"value\": \"k\"}]", wrong: "\"k\""),
    MemberCase("providers.*.keys[]", "{\"value\": \"k2\"}", wrong: "{}", base: keyed),
    MemberCase("providers.*.keys[].name", "\"main\"", wrong: "1", base: keyed),
    MemberCase("providers.*.keys[].value", "\"k2\"", wrong: "\"\"", base: keyed),
    MemberCase("providers.*.keys[].weight", "5", wrong: "0", base: keyed),
] + faultCases + listCases
