@testable import Gateway
@testable import Model
import Testing
import TestSupport

@Suite struct ConfigurationErrors {
    /// Document, status, how the message begins.
    @Test(arguments: [
        ("", Status.json, "the configuration is not JSON"),
        ("{", .json, "the configuration is not JSON"),
        ("{\"log\": \"off\",}", .json, "the configuration is not JSON"),
        ("{} x", .json, "the configuration is not JSON"),
        ("[]", .config, "the configuration must be an object"),
        ("null", .config, "the configuration must be an object"),
        (#"{"colour": 1}"#, .config, "colour: unknown member"),
        (#"{"a b": 1}"#, .config, #"["a b"]: unknown member"#),
        (#"{"providers": {"openrouter": {"timeouts": {"conect": 1}}}}"#, .config, "providers.openrouter.timeouts.conect: unknown member"),
        (#"{"providers": {"openrouter": {"timeouts": {"connect": "1"}}}}"#, .config, "providers.openrouter.timeouts.connect: must be a number"),
        (#"{"timeouts": {"idle": -1}}"#, .config, "timeouts.idle: must be 0 to"),
        (#"{"timeouts": {"idle": 86401}}"#, .config, "timeouts.idle: must be 0 to"),
        (#"{"timeouts": {"idle": null}}"#, .config, "timeouts.idle: must be a number"),
        (#"{"caps": {"event": 10}}"#, .config, "caps.event: must be an integer from 1024"),
        (#"{"caps": {"body": 1500000.5}}"#, .config, "caps.body: must be an integer"),
        (#"{"caps": {"depth": 100000}}"#, .config, "caps.depth: must be an integer"),
        (#"{"dev_mode": "true"}"#, .config, "dev_mode: must be true or false"),
        (#"{"dev_mode": 1}"#, .config, "dev_mode: must be true or false"),
        (#"{"log": "loud"}"#, .config, "log: must be one of off, error"),
        (#"{"request_extensions": true}"#, .config, "request_extensions: must be a string"),
        (#"{"providers": []}"#, .config, "providers: must be an object"),
        (#"{"providers": {"openai": 5}}"#, .config, "providers.openai: must be an object"),
        (#"{"providers": {"openai": {"keys": [{"value": "a"}, {"valeu": "b"}]}}}"#, .config, "providers.openai.keys[1].valeu: unknown member"),
        (#"{"providers": {"openai": {"keys": [{"name": "a"}]}}}"#, .config, "providers.openai.keys[0]: needs a value"),
        (#"{"providers": {"openai": {"keys": []}}}"#, .config, "providers.openai.keys: must not be empty"),
        (#"{"providers": {"openai": {"keys": [{"value": "a", "weight": 0}]}}}"#, .config, "providers.openai.keys[0].weight: must be an integer"),
        (#"{"providers": {"openai": {"keys": [{"value": "a", "name": "x"}, {"value": "b", "name": "x"}]}}}"#, .config, "providers.openai.keys[1]: has the name"),
        (#"{"providers": {"openai": {"api_key": "a", "keys": [{"value": "b"}]}}}"#, .config, "providers.openai: api_key and keys exclude"),
        (#"{"providers": {"openai": {"models": {}, "models_url": "https://x.example"}}}"#, .config, "providers.openai: models and models_url exclude"),
        (#"{"providers": {"openai": {"api_key": ""}}}"#, .config, "providers.openai.api_key: must not be empty"),
        (#"{"providers": {"openai": {"api_key": " \n"}}}"#, .config, "providers.openai.api_key: must not be empty"),
        (#"{"providers": {"openai": {"api_key": "${OPENAI_API_KEY}"}}}"#, .config, "providers.openai.api_key: a placeholder"),
        (#"{"providers": {"openai": {"keys": [{"value": "<your key>"}]}}}"#, .config, "providers.openai.keys[0].value: a key must be ASCII without"),
        (#"{"providers": {"openai": {"keys": [{"value": "<key>"}]}}}"#, .config, "providers.openai.keys[0].value: a placeholder"),
        (#"{"providers": {"openai": {"api_key": "a\r\nX: y"}}}"#, .config, "providers.openai.api_key: must not contain line breaks"),
        (#"{"providers": {"openai": {"api_key": "a b"}}}"#, .config, "providers.openai.api_key: a key must be ASCII"),
        (#"{"providers": {"openai": {"headers": {"X-A": "b\n"}}}}"#, .config, "providers.openai.headers.X-A: must not contain line breaks"),
        (#"{"providers": {"openai": {"headers": {"X A": "b"}}}}"#, .config, #"providers.openai.headers["X A"]: not a header name"#),
        (#"{"providers": {"openai": {"headers": {"X\r\nA": "b"}}}}"#, .config, #"providers.openai.headers["X  A"]: not a header name"#),
        (#"{"providers": {"openai": {"headers": {"hOST": "b"}}}}"#, .config, "providers.openai.headers.hOST: this header cannot be set"),
        (#"{"providers": {"openai": {"headers": {"Authorization": "b"}}}}"#, .config, "providers.openai.headers.Authorization: this header"),
        (#"{"providers": {"portkey": {"headers": {"X-Portkey-API-Key": "b"}}}}"#, .config, "providers.portkey.headers.x-portkey-api-key: this header carries"),
        (#"{"providers": {"openai": {"base_url": "ftp://x"}}}"#, .config, "providers.openai.base_url: must begin with http"),
        (#"{"providers": {"openai": {"base_url": "https://u:p@x.example/"}}}"#, .config, "providers.openai.base_url: must not contain a user"),
        (#"{"providers": {"openai": {"base_url": "https://"}}}"#, .config, "providers.openai.base_url: has no valid host"),
        (#"{"providers": {"openai": {"base_url": "https://x:99999"}}}"#, .config, "providers.openai.base_url: has no valid host"),
        (#"{"providers": {"openai": {"base_url": "https://a b"}}}"#, .config, "providers.openai.base_url: must be a URL without spaces"),
        (#"{"providers": {"openai": {"dialect": "klingon"}}}"#, .config, "providers.openai.dialect: must be one of"),
        (#"{"providers": {"openai": {"auth": {}}}}"#, .config, "providers.openai.auth: needs a header"),
        (#"{"providers": {"openai": {"id": "other"}}}"#, .config, "providers.openai.id: must be"),
        (#"{"providers": {"mine": {}}}"#, .config, "providers.mine.base_url: required"),
        (#"{"providers": {"my/own": {"base_url": "https://x.example"}}}"#, .config, #"providers["my/own"]: a provider id"#),
        (#"{"providers": {"infron": {"api_key": "k"}}}"#, .config, "providers.infron: this is another name of onerouter"),
        (#"{"providers": {"mine": {"base_url": "https://x.example", "aliases": ["openai"]}}}"#, .config, #"providers.mine.aliases: "openai" is already a name"#),
        (#"{"providers": {"dev": {"api_key": "k"}}}"#, .config, "providers.dev.api_key: this provider takes no key"),
        (#"{"default_provider": "opnrouter"}"#, .config, #"default_provider: there is no provider "opnrouter" (did you mean openrouter"#),
        (#"{"default_provider": "ollama"}"#, .config, "default_provider: ollama must be named"),
        (#"{"default_model": ""}"#, .config, "default_model: must not be empty"),
        (#"{"aliases": {"a": "b", "b": "a"}}"#, .config, "aliases.a: the aliases form a loop"),
        (#"{"aliases": {"a": "a"}}"#, .config, "aliases.a: the aliases form a loop"),
        (#"{"http": {"unix_socket": "relative"}}"#, .config, "http.unix_socket: must be an absolute path"),
        (#"{"http": {"resolve": ["nonsense"]}}"#, .config, "http.resolve[0]: must be host:port:address"),
        (#"{"http": {"proxy": ""}}"#, .config, "http.proxy: must not be empty"),
        (#"{"log": "off", "log": "off"}"#, .config, "log: given twice"),
        (#"{"providers": {"openai": {"api_key": "a", "api_\u006bey": "b"}}}"#, .config, "providers.openai.api_key: given twice"),
        (#"{"http": {"resolve": ["a:1:b", {"x": [1, {"y": "]}\"", "y": 2}]}]}}"#, .config, "http.resolve[1].x[1].y: given twice"),
        (#"{"cache_dir": 1}"#, .config, "cache_dir: must be a string"), (#"{"threads": 2}"#, .unsupported, "threads: not"),
        (#"{"providers": {"openai": {"retry": {"attempts_per_request": 2}}}}"#, .config, "providers.openai.retry.attempts_per_request: unknown member"),
        (#"{"failover": {"no_key": ["stop"]}}"#, .config, "failover.no_key: is not a kind"),
        (#"{"failover": {"ok": ["stop"]}}"#, .config, "failover.ok: is not a kind"), (#"{"failover": {"internal": ["stop"]}}"#, .config, "failover.internal: is"),
        (#"{"failover": {"server": ["retry", "retry"]}}"#, .config, "failover.server[1]: given twice"),
        (#"{"provider_order": ["groq", "opnrouter"]}"#, .config, #"provider_order[1]: there is no provider "opnrouter" (did you mean openrouter"#),
        (#"{"provider_order": ["vllm"]}"#, .config, "provider_order[0]: vllm must be named in `providers`"),
        (#"{"routing": {"all_models": {"max_price": {}}}}"#, .config, "routing.all_models: needs a max_price"),
        (#"{"routing": {"all_models": {"max_price": {"image": 1}}}}"#, .config, "routing.all_models.max_price.image: unknown"),
        (#"{"limits": {"tags": {"": {}}}}"#, .config, #"limits.tags[""]: a tag has 1 to 128 bytes"#),
        (#"{"limits": {"client": {"usd_per_day": "170141183460469231732"}}}"#, .config, "limits.client.usd_per_day: must be an amount of USD"),
        (#"{"providers": {"mine": {"dialect": "openai"}}}"#, .config, "providers.mine.base_url: required"),
        (#"{"providers": {"mine": {"dialect": "dev", "model_ids": {"": "x"}}}}"#, .config, #"providers.mine.model_ids[""]: the name must not"#),
    ])
    func refused(json: String, status: Status, beginning: String) {
        let failure = loadFailure(json)
        #expect(failure.status == status)
        #expect(failure.message.hasPrefix(beginning), "\(failure.message)")
    }

    @Test func syntaxErrorsTellTheByte() {
        #expect(loadFailure(#"{"log": offf}"#).message.hasSuffix("byte 8") || loadFailure(#"{"log": offf}"#).message.contains("byte"))
    }

    @Test func notUTF8() {
        let bytes: [CChar] = [0x7B, 0x22, -1, 0x22, 0x7D, 0]
        #expect(throws: Failure.self) { try loadConfiguration(bytes, environment: { _ in nil }, readFile: { _ throws(Failure) in "" }) }
    }

    /// No message repeats a value: it may be a key.
    @Test func messagesHoldNoValues() {
        for json in [#"{"providers": {"openai": {"api_key": "sk-secret\nsk-secret"}}}"#, #"{"providers": {"openai": {"base_url": "sk-secret"}}}"#,
                     #"{"providers": {"openai": {"api_key": sk-secret}}}"#, #"{"log": "sk-secret"}"#,
                     #"{"providers": {"openai": {"base_url": "https://sk-secret@x.example"}}}"#] {
            #expect(!loadFailure(json).message.contains("sk-secret"))
        }
    }

    /// The address, whether a key would be sent over it in the clear.
    @Test(arguments: [
        ("http://example.com/v1", true), ("http://127.0.0.1.example.com", true), ("http://10.0.0.1:8080", true), ("http://localhost.example", true),
        ("http://127.1", true), ("http://0177.0.0.1", true), ("http://0.0.0.0", true), ("http://[::2]/", true), ("HTTP://EXAMPLE.COM", true),
        ("http://127.0.0.1:8080/v1", false), ("http://127.255.1.2", false), ("http://localhost:1/v1", false), ("http://LOCALHOST", false),
        ("http://[::1]:80/v1", false), ("https://example.com", false), ("HTTPS://EXAMPLE.COM", false),
    ])
    func keysInTheClear(url: String, refused: Bool) throws {
        let mine = #""mine": {"base_url": "\#(url)", "api_key": "k"}"#
        if refused {
            let failure = loadFailure("{\"providers\": {\(mine)}}")
            #expect(failure.status == .config && failure.message.hasPrefix("providers.mine.base_url: the key would travel unencrypted"))
            #expect(try load("{\"providers\": {\(mine)}, \"http\": {\"allow_insecure\": true}}").provider("mine").isConfigured)
            _ = try load(#"{"providers": {"mine": {"base_url": "\#(url)", "key": "none"}}}"#)
        } else {
            #expect(try load("{\"providers\": {\(mine)}}").provider("mine").isConfigured)
        }
    }

    @Test func listAddressIsHeldToTheSameRule() {
        let failure = loadFailure(#"{"providers": {"openai": {"api_key": "k", "models": {"url": "http://example.com/list"}}}}"#)
        #expect(failure.message.hasPrefix("providers.openai.models.url: the key would travel"))
        let prices = loadFailure(#"{"providers": {"openai": {"api_key": "k", "models": {"prices_url": "http://example.com/prices"}}}}"#)
        #expect(prices.message.hasPrefix("providers.openai.models.prices_url: the key would travel"))
    }

    @Test func filesThatAreMissingOrWrong() {
        #expect(loadFailure(nil, env: ["GATELET_CONFIG": "no.json"]).message.contains("no.json"))
        #expect(loadFailure(nil, env: ["GATELET_ENV_FILE": "no.env"]).message.contains("no.env"))
        #expect(loadFailure(#"{"env_file": "no.env"}"#).status == .config)
        let wrong = loadFailure(nil, env: ["GATELET_CONFIG": "g.json"], files: ["g.json": #"{"log": 1}"#])
        #expect(wrong.message == "g.json: log: must be a string")
        #expect(loadFailure(nil, env: ["GATELET_CONFIG": "g.json"], files: ["g.json": "{"]).status == .json)
    }
}
