import Foundation
@testable import Gateway
@testable import Model
import Testing
import TestSupport

/// What other programs put into variables, and what people mistype.
private let oddities = ["development", "true", "0", "-1", "1e999", "nan", " ", "\t", "\n", "a\nb", "a\r\nX: y", "a b", "\u{1}", "\u{7F}", "é", "\u{2028}", "${X}", "$X", "{{ X }}",
                        "<X>", "%X%", "null", "[]", "{}", "{", "}", "\"", "'", "\\", "/", "//", "..", "../..", "http://", "https://", "http://x.example/v1", "https://x.example/v1/chat/completions",
                        "https://user:pass@x.example", "ftp://x", "host:80", "xy12345.us-east-1", "us east 1", "EMPTY", "dummy-key", String(repeating: "k", count: 100_000),
                        String(repeating: "é", count: 40_000)]

@Suite struct ConfigurationVariables {
    /// Every variable that a row or Gatelet reads, but for the names of files that somebody asks us to read.
    private func names() throws -> [String] {
        var asked: Set<String> = []
        _ = try loadConfiguration(nil, environment: { asked.insert($0); return nil }, readFile: { path throws(Failure) in throw Failure(.config, path) })
        return asked.subtracting(["GATELET_CONFIG", "GATELET_ENV_FILE"]).sorted()
    }

    @Test func noVariableStopsLoading() throws {
        let names = try names()
        #expect(names.count > 60 && ["DEV_MODE", "GATELET_DEV_MODE", "OPENAI_BASE_URL", "SNOWFLAKE_ACCOUNT", "OPENROUTER_RETRY_JITTER"].allSatisfy(names.contains))
        for value in oddities {
            for name in names {
                let found = try load(nil, env: [name: value])
                #expect(found.notices.count <= 64 && found.notices.allSatisfy { Redaction.none.line($0).utf8.count < 400 })
                #expect(found.timeouts == Timeouts() && found.retry == RetryPolicy() && found.caps == Caps())
            }
            let all = try load(nil, env: Dictionary(uniqueKeysWithValues: names.map { ($0, value) }))
            #expect(all.notices.count <= 64)
            // The same from an env file, as far as such a line can be written.
            if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && !"\"'\\".utf8.contains($0) }) {
                let lines = names.map { "\($0)=\"\(value)\"" }.joined(separator: "\n")
                _ = try load(#"{"env_file": "e"}"#, files: ["e": lines])
            }
        }
    }

    /// No warning repeats a value: it may be a key.
    @Test func warningsHoldNoValues() throws {
        for name in try names() {
            for value in ["sk-secret\nx", "sk-secret x", "https://sk-secret@x.example", "${sk-secret}", "{sk-secret"] {
                for notice in try load(nil, env: [name: value]).notices { #expect(!notice.contains("sk-secret"), "\(name)") }
            }
        }
    }

    @Test func keysThatAreNoneCountAsAbsent() throws {
        for bad in ["a b", "a\nb", "é", "${OPENAI_API_KEY}", "$OPENAI_API_KEY", "{{openai_key}}", "{{}}", "<your-key>", "sk-${KEY}"] {
            let found = try load(nil, env: ["OPENAI_API_KEY": bad])
            #expect(found.provider("openai").access.keys.isEmpty && found.notices.count == 1 && found.notices[0].hasPrefix("OPENAI_API_KEY: "), "\(bad)")
        }
        for good in ["EMPTY", "dummy-key", "none", "sk-1", "$", "a$b", "<", "{x}", "sk-{a}"] {
            let found = try load(nil, env: ["OPENAI_API_KEY": good])
            #expect(found.provider("openai").access.keys.first?.value == good && found.notices.isEmpty, "\(good)")
        }
        #expect(try load(nil, env: ["OPENAI_API_KEY": " sk-1 \r\n"]).provider("openai").access.keys.first?.value == "sk-1")
        #expect(try load(#"{"providers": {"openai": {"api_key": "\tsk-1\n"}}}"#).provider("openai").access.keys.first?.value == "sk-1")
        // The next name is looked at, as if the first were not set.
        #expect(try load(nil, env: ["ONEROUTER_API_KEY": "a b", "INFRON_API_KEY": "inf"]).provider("onerouter").access.keys.first?.value == "inf")
    }

    @Test func partsOfAddresses() throws {
        #expect(try load(nil, env: ["AWS_REGION": " eu-west-1 ", "AWS_BEARER_TOKEN_BEDROCK": "k"]).provider("bedrock").access.baseURL.contains("eu-west-1"))
        let other = try load(nil, env: ["SNOWFLAKE_ACCOUNT": "xy12345.us-east-1", "SNOWFLAKE_API_KEY": "k"])
        #expect(!other.provider("snowflake").isConfigured && missingMessage(other.provider("snowflake")).contains("SNOWFLAKE_ACCOUNT"))
        #expect(other.notices.contains { $0.hasPrefix("SNOWFLAKE_ACCOUNT: must be") })
    }

    private func missingMessage(_ provider: Provider) -> String { provider.access.unset }

    @Test func addressFromAVariable() throws {
        let url = "https://proxy.example/openai/v1"
        let moved = try load(nil, env: ["OPENAI_BASE_URL": url + "/", "OPENAI_API_KEY": "k"]).provider("openai")
        #expect(moved.access.baseURL == url && moved.access.isElsewhere && moved.isConfigured)
        let same = try load(nil, env: ["OPENAI_BASE_URL": "https://API.openai.com/v2"]).provider("openai")
        #expect(same.access.baseURL == "https://API.openai.com/v2" && !same.access.isElsewhere)
        let given = #"{"providers": {"openai": {"base_url": "https://given.example"}}}"#
        #expect(try load(given, env: ["OPENAI_BASE_URL": url]).provider("openai").access.baseURL == "https://given.example")
        #expect(try !load(given, env: ["OPENAI_BASE_URL": url]).provider("openai").access.isElsewhere)
        #expect(try load(#"{"environment": false}"#, env: ["OPENAI_BASE_URL": url]).provider("openai").access.baseURL == "https://api.openai.com/v1")
        // What was meant for another host does not go to OpenAI.
        for bad in ["gpu:8000", "https://u:p@x.example", "https://a b"] {
            let found = try load(nil, env: ["OPENAI_BASE_URL": bad, "OPENAI_API_KEY": "k"])
            #expect(!found.provider("openai").isConfigured && found.provider("openai").access.unset == "OPENAI_BASE_URL" && found.notices.count == 1)
            #expect(try load(given, env: ["OPENAI_BASE_URL": bad, "OPENAI_API_KEY": "k"]).provider("openai").isConfigured)
        }
        let clear = try load(nil, env: ["OPENAI_BASE_URL": "http://gpu:8000/v1", "OPENAI_API_KEY": "k"])
        #expect(!clear.provider("openai").isConfigured && clear.notices.count == 1)
        #expect(try load(#"{"http": {"allow_insecure": true}}"#, env: ["OPENAI_BASE_URL": "http://gpu:8000/v1", "OPENAI_API_KEY": "k"]).provider("openai").isConfigured)
        let key = try load(#"{"providers": {"openai": {"base_url": "http://gpu:8000/v1"}}}"#, env: ["OPENAI_API_KEY": "k"])
        #expect(key.provider("openai").access.keys.isEmpty && key.notices[0].hasPrefix("OPENAI_API_KEY is not used"))
    }

    @Test func addressesThatEndInAnOperation() throws {
        for path in ["/chat/completions", "/completions", "/embeddings", "/models", "/chat/completions/"] {
            let found = try load(#"{"providers": {"mine": {"base_url": "https://x.example/v1\#(path)", "key": "none"}}}"#)
            #expect(found.provider("mine").access.baseURL == "https://x.example/v1" && found.notices.count == 1)
            #expect(found.notices[0].hasPrefix("providers.mine.base_url: /") && found.notices[0].contains("was taken off"))
        }
        #expect(try load(nil, env: ["OPENAI_BASE_URL": "https://api.openai.com/v1/chat/completions"]).provider("openai").access.baseURL == "https://api.openai.com/v1")
        let whole = try load(#"{"providers": {"mine": {"base_url": "https://models.example/inference/mymodels", "key": "none"}}}"#)
        #expect(whole.provider("mine").access.baseURL == "https://models.example/inference/mymodels" && whole.notices.isEmpty)
    }
}
