@testable import Bytes
@testable import Catalog
import Foundation
@testable import Model
@testable import ModelLists
import Testing

extension [String: Any] {
    fileprivate func texts(_ name: String) -> [String]? { self[name] as? [String] }
    fileprivate func inner(_ name: String) -> [String: Any] { self[name] as? [String: Any] ?? [:] }
}

/// What entries hold beside lengths and prices, shape by shape.
@Suite struct ModelListShapes {
    private func entries(_ name: String, _ form: String? = nil) throws -> [[String: Any]] { try list(own: name, form ?? name).entries }

    @Test func everyMemberOfTheSchemaIsThere() throws {
        for (name, form) in [("openrouter", "openrouter"), ("ollama", "openai"), ("garbage", "openai")] {
            for entry in try entries(name, form) {
                let members = ["id", "slug", "canonical_slug", "hugging_face_id", "name", "created", "description", "context_length", "architecture",
                               "pricing", "top_provider", "per_request_limits", "supported_parameters", "default_parameters", "provider_slug",
                               "provider_site_url", "model_logo_url", "source_gateway", "max_output_tokens", "pricing_source", "pricing_known", "type",
                               "capabilities", "expiration_date", "sources"]
                #expect(members.filter { entry[$0] == nil } == [], "\(name)")
                #expect(["modality", "input_modalities", "output_modalities", "instruct_type"].filter { entry.inner("architecture")[$0] == nil } == [])
                #expect(["prompt", "completion", "request", "image"].filter { entry.inner("pricing")[$0] == nil } == [])
            }
        }
    }

    @Test func openRouter() throws {
        let found = try entries("openrouter"), first = try #require(found.first)
        #expect(first["canonical_slug"] as? String == "google/gemini-3-pro-20251118" && first["hugging_face_id"] is NSNull)
        #expect(first["description"] as? String == "A \"flagship\" of\nGoogle" && first["created"] as? Int == 1_763_474_668)
        #expect(first.inner("architecture")["tokenizer"] as? String == "Gemini" && first.inner("architecture")["instruct_type"] is NSNull)
        #expect(first.inner("pricing")["request"] as? String == "0" && first.inner("pricing")["web_search"] as? String == "0.014")
        let overrides = first.inner("pricing")["overrides"] as? [[String: Any]]
        #expect(overrides?.count == 1 && overrides?.first?["min_prompt_tokens"] as? Int == 200_000 && overrides?.first?["prompt"] as? String == "0.000004")
        #expect(first.inner("top_provider")["is_moderated"] as? Bool == false && first["per_request_limits"] is NSNull)
        #expect(first.texts("supported_parameters") == ["tools", "reasoning", "structured_outputs"])
        #expect(first.inner("default_parameters")["temperature"] as? Int == 1 && first["expiration_date"] as? String == "2026-12-31")
        #expect(first["type"] as? String == "chat" && first.texts("capabilities") == ["tools", "reasoning", "structured_outputs", "vision"])
        #expect(first["pricing_known"] as? Bool == true && first["pricing_source"] as? String == "api" && first["pricing_flags"] == nil)
        #expect(found[1]["pricing_known"] as? Bool == false && found[1].texts("pricing_flags") == ["dynamic"] && found[1]["pricing_source"] as? String == "api")
        #expect(found[2]["pricing_known"] as? Bool == false && found[2].texts("pricing_flags") == ["implausible"])
    }

    @Test func whereItComesFrom() throws {
        let sources = try #require(try entries("openrouter").first).inner("sources")
        #expect(Set(sources.values.compactMap { $0 as? String }) == ["api"])
        #expect(Set(sources.keys) == ["canonical_slug", "name", "created", "description", "context_length", "max_output_tokens", "architecture", "pricing",
                                      "top_provider", "supported_parameters", "default_parameters", "type", "capabilities", "expiration_date"])
        #expect(try #require(try entries("ollama", "openai").first).inner("sources").keys.sorted() == ["created"])
    }

    @Test func ownMembersComeFromTheRow() throws {
        let out = ByteBuffer()
        let row = provider { ($0.identity.siteURL, $0.identity.logoURL) = ("https://acme.example", "https://acme.example/a.svg") }
        _ = try withBytes(#"[{"id":"m"}]"#) { body in try readModelList(body, provider: row, into: out) }
        let entry = try #require(try JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]]).first ?? [:]
        #expect(["provider_slug", "source_gateway", "provider"].map { entry[$0] as? String } == ["acme", "acme", "acme"])
        #expect(entry["provider_site_url"] as? String == row.identity.siteURL && entry["model_logo_url"] as? String == row.identity.logoURL)
        #expect(entry["slug"] as? String == "acme/m" && entry["canonical_slug"] as? String == "acme/m" && entry["name"] as? String == "m")
    }

    @Test func vercelTiers() throws {
        let body = #"{"data":[{"id":"m","pricing":{"input":"1e-6","output":"2e-6","input_tiers":[{"cost":"1e-6","min":0,"max":200001},{"cost":"2e-6","min":200001}],"output_tiers":[{"cost":"2e-6","min":0},{"cost":"3e-6","min":200001},{"cost":"9e-6","min":100000}]}}]}"#
        let overrides = try list(Array(body.utf8), "vercel").entries.first?.inner("pricing")["overrides"] as? [[String: Any]]
        #expect(overrides?.map { $0["min_prompt_tokens"] as? Int } == [100_000, 200_001])
        #expect(overrides?.last?["prompt"] as? String == "0.000002" && overrides?.last?["completion"] as? String == "0.000003")
        let vercel = try entries("vercel")
        #expect(vercel.map { $0["type"] as? String } == ["chat", "image"] && vercel[0].texts("capabilities") == ["vision"])
        #expect(vercel[0].inner("architecture").texts("input_modalities") == ["text", "image"] && vercel[1].inner("pricing")["image"] as? String == "0.04")
    }

    @Test func togetherByTheHour() throws {
        #expect(try entries("together").map { $0.texts("pricing_flags") } == [nil, ["hourly"], nil])
    }

    @Test func namesAndTypes() throws {
        func types(_ name: String, _ form: String? = nil) throws -> [String?] { try entries(name, form).map { $0["type"] as? String } }
        #expect(try types("gemini") == ["chat", "embedding"] && types("mistral") == ["chat", nil] && types("cohere") == ["chat", "embedding"])
        #expect(try types("deepinfra") == ["chat", "image"] && types("aimlapi") == ["chat"] && types("anthropic") == [nil])
        #expect(try types("infron") == ["chat", nil] && types("fireworks") == ["chat"] && types("novita") == ["chat"])
        let gemini = try #require(try entries("gemini").first)
        #expect(gemini["id"] as? String == "gemini-2.5-flash" && gemini["name"] as? String == "Gemini 2.5 Flash" && gemini.texts("capabilities") == ["reasoning"])
        #expect(gemini.inner("default_parameters")["top_p"] as? Double == 0.95 && gemini.inner("default_parameters").count == 3)
        let near = try #require(try entries("near").first)
        #expect(near["name"] as? String == "DeepSeek V3.1" && near["description"] as? String == "In a TEE")
        #expect(try entries("near_v1", "near").first?["name"] as? String == "zai-org/GLM-4.6")
        #expect(try entries("novita").first?["name"] as? String == "DeepSeek V3" && entries("aimlapi").first?["name"] as? String == "Chat GPT-4o")
        #expect(try entries("huggingface").first?["hugging_face_id"] as? String == "openai/gpt-oss-120b")
        #expect(try entries("xai").first?.texts("aliases") == ["grok-4-latest"] && entries("vllm").first?["aliases"] == nil)
    }

    @Test func whatTheyCan() throws {
        let anthropic = try #require(try entries("anthropic").first)
        #expect(anthropic.texts("capabilities") == ["vision", "pdf_input", "reasoning"] && anthropic["created"] as? Int == 1_747_872_000)
        #expect(anthropic.inner("architecture").texts("input_modalities") == ["text", "image", "file"])
        let mistral = try entries("mistral")
        #expect(mistral[0].texts("capabilities") == ["completion_chat", "tools", "vision"] && mistral[0].texts("aliases") == ["mistral-large-latest"])
        #expect(mistral[0]["expiration_date"] as? String == "2026-08-31T12:00:00Z" && mistral[0].inner("default_parameters")["temperature"] as? Double == 0.3)
        #expect(mistral[1]["default_parameters"] is NSNull && mistral[1]["capabilities"] is NSNull && mistral[1]["created"] is NSNull)
        #expect(try entries("huggingface").first?.texts("capabilities") == ["tools"] && entries("fireworks").first?.texts("capabilities") == ["chat", "tools"])
        #expect(try entries("novita").first?.texts("capabilities") == ["tools", "structured_outputs"])
        #expect(try entries("baseten").first?.texts("supported_parameters") == ["temperature", "tools", "reasoning"])
        #expect(try entries("llamacpp").first?.inner("architecture").texts("input_modalities") == ["text", "image"])
    }

    @Test func garbageIsUnknown() throws {
        let found = try list(own: "garbage", "openai")
        #expect(found.count.skipped == 8 && found.count.duplicates == 1 && found.entries.map { $0["id"] as? String } == ["a", "b", "c"])
        let a = found.entries[0], b = found.entries[1], c = found.entries[2]
        for name in ["created", "description", "context_length", "max_output_tokens", "top_provider", "per_request_limits", "supported_parameters",
                     "default_parameters", "type", "capabilities", "expiration_date"] { #expect(a[name] is NSNull, "\(name)") }
        #expect(a["name"] as? String == "a" && a["aliases"] == nil && a.inner("architecture")["input_modalities"] is NSNull && a.inner("sources").isEmpty)
        #expect(b["context_length"] as? Int == 1_048_576 && b["max_output_tokens"] as? Int == 4096 && b["created"] as? Int == 1_755_815_280)
        #expect(b.inner("architecture").texts("input_modalities") == ["text", "image"] && b.inner("architecture")["modality"] as? String == "text+image->text")
        #expect(c["created"] is NSNull && c["context_length"] as? Int == 2048 && c["max_output_tokens"] is NSNull && c["name"] as? String == "\u{FFFD}")
    }

    @Test func whatTheListLacksIsFilled() throws {
        var known = ModelFacts(), price = ModelPrice(), out = ByteBuffer()
        (known.contextLength, known.maxOutput, known.inputs, known.parameters) = (1000, 100, [.text, .image], ["tools"])
        (price.base[.prompt], price.base[.completion], price.source) = (150_000_000_000, 600_000_000_001, .table)
        var rule = PriceRule()
        (rule.fromMinute, rule.toMinute, rule.prices[.prompt]) = (990, 30, 1_000_000_000)
        price.rules = [rule]
        known.price = price
        _ = try withBytes(#"[{"id":"a"},{"id":"b","context_length":5,"pricing":{"prompt":"1e-6"}},{"id":"c"},{"id":"d","pricing":{"prompt":"-1"}}]"#) { body in
            try readModelList(body, provider: provider { $0.list.form = "openrouter" }, fill: { $0 == "c" ? nil : known }, into: out)
        }
        let entries = try #require(try JSONSerialization.jsonObject(with: Data(text(out).utf8)) as? [[String: Any]])
        let a = entries[0], b = entries[1]
        #expect(a.inner("pricing")["prompt"] as? String == "0.00000015" && a.inner("pricing")["completion"] as? String == "0.000000600000000001")
        let override = (a.inner("pricing")["overrides"] as? [[String: Any]])?.first
        #expect(override?["utc_from"] as? String == "16:30" && override?["utc_to"] as? String == "00:30" && override?["prompt"] as? String == "0.000000001")
        #expect(a["pricing_source"] as? String == "table" && a["pricing_known"] as? Bool == true && a["context_length"] as? Int == 1000)
        #expect(a.inner("sources").mapValues { $0 as? String } == ["context_length": "table", "max_output_tokens": "table", "architecture": "table", "pricing": "table",
                                                                    "supported_parameters": "table"])
        #expect(b.inner("sources")["context_length"] as? String == "api" && b["pricing_source"] as? String == "api" && b["pricing_known"] as? Bool == false)
        #expect(b.inner("sources")["max_output_tokens"] as? String == "table" && b.inner("pricing")["completion"] is NSNull)
        #expect(entries[2]["pricing_source"] as? String == "unknown" && entries[2]["context_length"] is NSNull)
        #expect(entries[3].texts("pricing_flags") == ["dynamic"] && entries[3].inner("pricing")["prompt"] is NSNull)
    }

    /// Each byte cut, members of other types: one bad entry never costs the list, and nothing traps.
    @Test func damagedLists() throws {
        let values = ["null", "true", "-7", "1e400", "\"\"", "\"\\ud800\"", "[]", "[[1]]", "{}", "{\"a\":{\"a\":1}}", "\"-1\"", "\"1,2,3\"", "99999999999999999999"]
        for form in forms {
            let name = String(utf8: form.name)
            guard let bytes = try? ownFixture("models/\(name).json") else { continue }
            for end in 0..<bytes.count where end % 3 == 0 { _ = try? list(Array(bytes[..<end]), name) }
            let source = String(decoding: bytes, as: UTF8.self)
            var at = source.startIndex, round = 0
            while let colon = source[at...].firstIndex(of: ":") {
                at = source.index(after: colon)
                let end = source[at...].firstIndex { ",}]".contains($0) } ?? source.endIndex
                let changed = source.replacingCharacters(in: at..<end, with: values[round % values.count])
                round += 1
                if (try? JSONSerialization.jsonObject(with: Data(changed.utf8))) != nil { _ = try? list(Array(changed.utf8), name) }
            }
        }
    }

    /// Featherless lists some twenty thousand.
    @Test func twentyThousandModels() throws {
        var text = "{\"data\":["
        for n in 0..<20_000 { text += (n > 0 ? "," : "") + "{\"id\":\"maker/model-\(n)\",\"name\":\"Model \(n)\",\"model_class\":\"qwen3-32b\",\"context_length\":32768,\"max_completion_tokens\":4096,\"available_on_current_plan\":true}" }
        let bytes = Array((text + "]}").utf8), out = ByteBuffer()
        let count = try withBytes(bytes) { body in try readModelList(body, provider: provider { $0.list.form = "featherless" }, into: out) }
        #expect(count.models == 20_000)
    }
}
