@testable import Accounting
@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing

private func read(_ objects: String...) -> UsageReading {
    var reading = UsageReading()
    for json in objects { withBytes(json) { reading.take($0) } }
    return reading
}

/// "input cache_read cache_write output reasoning total flags", "-" where unknown.
private func summary(_ usage: Usage?) -> String {
    guard let usage else { return "nil" }
    let kinds: [UsageKind] = [.input, .cacheRead, .cacheWrite, .output, .reasoning]
    let numbers = (kinds.map { usage[$0] } + [usage.total]).map { $0.map(String.init) ?? "-" }
    return (numbers + ["\(usage.flags.rawValue)"]).joined(separator: " ")
}

private func money(_ amount: AttoUSD?) -> String {
    guard let amount else { return "nil" }
    let out = ByteBuffer()
    #expect(appendAtto(amount, to: out))
    return text(out)
}

private func prices(_ pairs: [PriceKind: String]) -> PriceSet {
    var set = PriceSet()
    for (kind, price) in pairs { set[kind] = DecimalText(price)?.atto }
    return set
}

@Suite struct UsageRules {
    @Test(arguments: [
        // OpenAI
        (#"{"prompt_tokens":84,"completion_tokens":2,"total_tokens":86}"#, "84 - - 2 - 86 0"),
        (#"{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":60,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":12}}"#, "40 60 - 20 12 120 0"),
        (#"{"prompt_tokens":4020,"completion_tokens":4,"total_tokens":4024,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":4012}}"#, "8 0 4012 4 - 4024 0"),
        (#"{"input_tokens":50,"output_tokens":7,"total_tokens":57,"input_tokens_details":{"cached_tokens":30},"output_tokens_details":{"reasoning_tokens":5}}"#, "20 30 - 7 5 57 0"),
        (#"{"prompt_tokens":8,"total_tokens":8}"#, "8 - - 0 - 8 0"), // embeddings
        // Anthropic
        (#"{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":2000,"output_tokens":7}"#, "10 2000 300 7 - 2317 0"),
        (#"{"input_tokens":10,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"cache_read_input_tokens":0,"output_tokens":7,"output_tokens_details":{"thinking_tokens":3}}"#, "10 0 300 7 3 317 0"),
        (#"{"input_tokens":5,"output_tokens":6,"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":20},{"type":"message","input_tokens":5,"output_tokens":6}]}"#, "105 - - 26 - 131 0"),
        (#"{"input_tokens":5,"output_tokens":6,"iterations":[{"type":"advisor_message","input_tokens":100,"output_tokens":20}]}"#, "5 - - 6 - 11 8"),
        (#"{"output_tokens":6}"#, "- - - 6 - - 0"),
        // Gemini
        (#"{"promptTokenCount":3797,"candidatesTokenCount":656,"totalTokenCount":6002,"cachedContentTokenCount":3055,"thoughtsTokenCount":1549}"#, "742 3055 - 2205 1549 6002 0"),
        (#"{"candidatesTokenCount":30,"promptTokenCount":25,"thoughtsTokenCount":34,"toolUsePromptTokenCount":75,"totalTokenCount":164}"#, "100 - - 64 34 164 0"),
        (#"{"promptTokenCount":32,"totalTokenCount":74,"thoughtsTokenCount":42}"#, "32 - - 42 42 74 0"),
        (#"{"promptTokenCount":16,"totalTokenCount":16}"#, "16 - - 0 - 16 0"),
        // DeepSeek
        (#"{"prompt_tokens":169,"prompt_cache_hit_tokens":100,"prompt_cache_miss_tokens":69,"completion_tokens":28,"total_tokens":197}"#, "69 100 - 28 - 197 0"),
        (#"{"prompt_tokens":170,"prompt_cache_hit_tokens":100,"prompt_cache_miss_tokens":69,"completion_tokens":28}"#, "69 100 - 28 - 197 1"),
        // xAI: the reasoning is beside the completion; the total says so
        (#"{"prompt_tokens":468,"completion_tokens":82,"total_tokens":870,"prompt_tokens_details":{"cached_tokens":305},"completion_tokens_details":{"reasoning_tokens":320}}"#, "163 305 - 402 320 870 4"),
        (#"{"prompt_tokens":5,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":9}}"#, "5 - - 12 9 17 4"),
        (#"{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"completion_tokens_details":{"reasoning_tokens":9}}"#, "5 - - 12 9 8 5"), // Vercel
        (#"{"prompt_tokens":22,"completion_tokens":105,"total_tokens":127,"completion_tokens_details":{"reasoning_tokens":112}}"#, "22 - - 105 105 127 1"), // OpenRouter
        // Mistral, Together and Hugging Face
        (#"{"prompt_tokens":68,"completion_tokens":6,"total_tokens":74,"num_cached_tokens":8}"#, "60 8 - 6 - 74 0"),
        (#"{"prompt_tokens":45,"completion_tokens":3,"total_tokens":48,"cached_tokens":5}"#, "40 5 - 3 - 48 0"),
        (#"{"prompt_tokens":11,"completion_tokens":15,"total_tokens":401,"prompt_tokens_details":{"audio_tokens":375,"cached_tokens":9}}"#, "377 9 - 15 - 401 0"),
        // Anthropic's numbers in OpenAI's words
        (#"{"prompt_tokens":10,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":2000}}"#, "10 2000 - 7 - 2017 2"),
        (#"{"prompt_tokens":3000,"completion_tokens":7,"total_tokens":5007,"prompt_tokens_details":{"cached_tokens":2000}}"#, "3000 2000 - 7 - 5007 2"),
        (#"{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":2000}}"#, "10 2000 - 7 - 17 3"),
        // What nobody can make sense of
        (#"{"prompt_tokens":10,"completion_tokens":7,"total_tokens":99}"#, "10 - - 7 - 99 1"),
        (#"{"prompt_tokens":-5,"completion_tokens":7}"#, "- - - 7 - - 0"),
        (#"{"prompt_tokens":1e300,"completion_tokens":9223372036854775807}"#, "nil"),
        // Counts as text
        (#"{"prompt_tokens":"10","completion_tokens":" 7 "}"#, "10 - - 7 - 17 0"), (#"{"prompt_tokens":"10.5"}"#, "nil"), (#"{"prompt_tokens":"ten"}"#, "nil"),
        // The same tokens read and written, and one of the two beside the prompt
        (#"{"prompt_tokens":2168,"completion_tokens":10,"total_tokens":2178,"prompt_tokens_details":{"cached_tokens":2161,"cache_write_tokens":2161}}"#, "7 2161 2161 10 - 2178 16"),
        (#"{"prompt_tokens":2168,"completion_tokens":10,"total_tokens":4339,"prompt_tokens_details":{"cached_tokens":2161,"cache_write_tokens":2161}}"#, "7 2161 2161 10 - 4339 2"),
        (#"{"prompt_tokens":100,"completion_tokens":10,"total_tokens":140,"prompt_tokens_details":{"cached_tokens":80,"cache_write_tokens":30}}"#, "20 80 30 10 - 140 2"),
        (#"{"prompt_tokens":100,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":80,"cache_write_tokens":30}}"#, "100 80 30 10 - 220 2"),
        ("{}", "nil"), ("[]", "nil"), ("7", "nil"), (#"{"prompt_tokens":null,"prompt_tokens_details":null}"#, "nil"),
        (#"{"prompt_tokens":281474976710655,"completion_tokens":281474976710655,"total_tokens":281474976710655,"completion_tokens_details":{"reasoning_tokens":281474976710655}}"#, "281474976710655 - - 281474976710655 281474976710655 281474976710655 1"),
    ])
    func buckets(_ json: String, _ wanted: String) { #expect(summary(read(json).usage) == wanted) }

    @Test func theHourPartOfCacheWritesIsToldApart() {
        let usage = read(#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":20,"ephemeral_5m_input_tokens":10}}"#).usage
        #expect(usage?[.cacheWrite] == 30 && usage?[.cacheWriteHour] == 20)
    }

    @Test func anOutputAloneAddsToWhatWasToldBefore() {
        let start = #"{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}"#
        #expect(summary(streamed(start, #"{"output_tokens":296}"#).usage) == "10 5 - 296 - 311 0")
        #expect(summary(streamed(start, #"{"prompt_tokens":3,"completion_tokens":4}"#).usage) == "3 - - 4 - 7 0")
    }

    private func streamed(_ objects: String...) -> UsageReading {
        var reading = UsageReading()
        for object in objects { withBytes(object) { _ = reading.add($0) } }
        return reading
    }

    /// Zeros are told by names and words with digits, and beside times, too.
    @Test(arguments: [
        #"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, #"{"prompt_tokens":0,"ephemeral_5m_input_tokens":0,"service_tier":"v1"}"#,
        #"{"prompt_tokens":0,"completion_tokens":0,"queue_time":0.15}"#, "{}", #"{"input_tokens":0,"cost":0}"#,
    ])
    func zerosDoNotReplaceWhatWasTold(_ zeros: String) {
        let found = streamed(#"{"prompt_tokens":3,"completion_tokens":4,"cost":0.5}"#, zeros)
        #expect(summary(found.usage) == "3 - - 4 - 7 0" && found.cost == 500_000_000_000_000_000)
    }

    @Test func anEarlierCostStays() {
        #expect(streamed(#"{"prompt_tokens":1,"completion_tokens":1,"cost":0.5}"#, #"{"prompt_tokens":1,"completion_tokens":9}"#).cost == 500_000_000_000_000_000)
        #expect(streamed(#"{"prompt_tokens":1,"cost":0.5}"#, #"{"prompt_tokens":2,"cost":0.25}"#).cost == 250_000_000_000_000_000)
        #expect(streamed(#"{"prompt_tokens":1,"cost_in_usd_ticks":7}"#, #"{"prompt_tokens":2}"#).cost == 700_000_000)
    }

    @Test func stepsWithoutNumberStayBounded() {
        let step = #"{"type":"compaction","input_tokens":281474976710655,"output_tokens":281474976710655}"#
        let usage = read(#"{"input_tokens":1,"output_tokens":1,"iterations":["# + Array(repeating: step, count: 40_000).joined(separator: ",") + "]}").usage
        #expect(usage?[.input] == 1 + 1 << 48 && usage?[.output] == 1 + 1 << 48)
    }

    @Test(arguments: [("{", false), ("[1]", false), (#"{"error":{}}"#, false), (#"{"usage":7}"#, false), (#"{"usage":{"prompt_tokens":3},"error":"x"}"#, true), (#"{"choices":[],"cost":0.1}"#, true)])
    func whatAnErrorTells(_ document: String, _ isTold: Bool) { #expect((withBytes(document) { reportedUsage($0, depth: 64) } != nil) == isTold) }

    @Test(arguments: [
        (#"{"prompt_tokens":1,"cost":0.00074}"#, "0.00074"), (#"{"cost":4.1400000000000003e-05}"#, "0.0000414"),
        (#"{"cost":0}"#, "0"), (#"{"cost":-1}"#, "nil"), (#"{"cost":"0.5"}"#, "0.5"), (#"{"cost":true}"#, "nil"),
        (#"{"cost":{"input_tokens_cost":1e-05,"total_cost":0.00504}}"#, "0.00504"), (#"{"cost":{"currency":"EUR","total_cost":1}}"#, "nil"),
        (#"{"cost":{"usd":0.1,"diem":0}}"#, "0.1"),
        (#"{"cost_in_usd_ticks":2488500}"#, "0.00024885"),
        (#"{"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0003253}}"#, "0.0003253"),
        (#"{"cost":0.01,"is_byok":false,"cost_details":{"upstream_inference_cost":0.0003253}}"#, "0.01"),
    ])
    func costsAsTold(_ json: String, _ wanted: String) { #expect(money(read(json).cost) == wanted) }

    @Test func laterNumbersReplaceEarlierOnes() {
        #expect(summary(read(#"{"prompt_tokens":5,"completion_tokens":1}"#, #"{"prompt_tokens":5,"completion_tokens":3}"#).usage) == "5 - - 3 - 8 0")
    }
}

@Suite struct Bills {
    private let all = prices([.prompt: "0.000003", .completion: "0.000015", .cacheRead: "0.0000003", .cacheWrite: "0.00000375", .cacheWriteHour: "0.000006"])

    /// The same tokens, told by five dialects.
    @Test func oneBillInEveryDialect() {
        let told = [
            #"{"prompt_tokens":1000,"completion_tokens":50,"total_tokens":1050,"prompt_tokens_details":{"cached_tokens":600},"completion_tokens_details":{"reasoning_tokens":20}}"#,
            #"{"input_tokens":400,"cache_read_input_tokens":600,"cache_creation_input_tokens":0,"output_tokens":50}"#,
            #"{"promptTokenCount":1000,"cachedContentTokenCount":600,"candidatesTokenCount":30,"thoughtsTokenCount":20,"totalTokenCount":1050}"#,
            #"{"prompt_tokens":1000,"prompt_cache_hit_tokens":600,"prompt_cache_miss_tokens":400,"completion_tokens":50}"#,
            #"{"prompt_tokens":1000,"completion_tokens":30,"total_tokens":1050,"prompt_tokens_details":{"cached_tokens":600},"completion_tokens_details":{"reasoning_tokens":20}}"#,
            #"{"prompt_tokens":400,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":600}}"#,
        ]
        for json in told {
            let usage = read(json).usage
            #expect(usage.map { money(Bill($0, all).total) } == "0.00213", "\(json)")
        }
    }

    private func bill(_ json: String, _ set: PriceSet, cached: Bool = false) -> (total: String, lines: [String]) {
        guard let usage = read(json).usage else { return ("nil", []) }
        let bill = Bill(usage, set, promptAsCached: cached)
        var lines: [String] = []
        _ = bill.forEachLine {
            lines.append("\($0.name) \($0.count) \(money($0.cost))\($0.assumed ? " assumed" : "")")
            return true
        }
        return (money(bill.total), lines)
    }

    @Test func cacheWritesHaveTwoPrices() {
        let json = #"{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":20,"ephemeral_5m_input_tokens":10}}"#
        #expect(bill(json, all) == ("0.0001575", ["cache_write 10 0.0000375", "cache_write_1h 20 0.00012"]))
    }

    @Test func anUnknownPriceOfCachedTokensIsThatOfThePrompt() {
        let json = #"{"prompt_tokens":10,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":4}}"#
        #expect(bill(json, prices([.prompt: "1"])) == ("10", ["input 6 6", "cache_read 4 4 assumed"]))
    }

    @Test func reasoningHasALineWhereItHasAPrice() {
        let json = #"{"prompt_tokens":0,"completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":4}}"#
        #expect(bill(json, prices([.prompt: "1", .completion: "2", .reasoning: "3"])) == ("24", ["output 6 12", "reasoning 4 12"]))
        #expect(bill(json, prices([.prompt: "1", .completion: "2", .reasoning: "0"])) == ("20", ["output 10 20"]))
        #expect(bill(json, prices([.prompt: "1", .completion: "2"])) == ("20", ["output 10 20"]))
    }

    @Test func partsOfTheOutputAreNeverMoreThanIt() {
        let json = #"{"prompt_tokens":0,"completion_tokens":10,"total_tokens":10,"completion_tokens_details":{"reasoning_tokens":9,"audio_tokens":8}}"#
        #expect(bill(json, prices([.completion: "1", .reasoning: "2", .audioOutput: "3"])) == ("21", ["reasoning 9 18", "audio_output 1 3"]))
    }

    @Test func infronBillsThePromptAtTheCacheTier() {
        let json = #"{"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":4}}"#
        #expect(bill(json, prices([.prompt: "1", .completion: "2", .cacheRead: "0.1"]), cached: true) == ("3", ["input 6 0.6", "cache_read 4 0.4", "output 1 2"]))
        #expect(bill(json, prices([.prompt: "1", .completion: "2"]), cached: true).total == "12")
    }

    @Test func requestsAndSearchesCostToo() {
        let json = #"{"prompt_tokens":1,"completion_tokens":1,"server_tool_use":{"web_search_requests":3}}"#
        let set = prices([.prompt: "1", .completion: "1", .request: "5", .webSearch: "10"])
        #expect(bill(json, set) == ("37", ["input 1 1", "output 1 1", "request 1 5", "web_search 3 30"]))
        #expect(bill(json, prices([.prompt: "1", .completion: "1"])).total == "2")
        #expect(Bill(read(json).usage ?? Usage(), prices([.prompt: "1", .completion: "1"])).missing == [.webSearch])
    }

    @Test func whatIsNotKnownIsNotFree() {
        let json = #"{"prompt_tokens":1,"completion_tokens":1}"#
        for set in [prices([:]), prices([.prompt: "1"]), prices([.completion: "1"])] { #expect(bill(json, set).total == "nil") }
        #expect(bill(#"{"output_tokens":1}"#, all).total == "nil")
        #expect(bill(#"{"prompt_tokens":1,"total_tokens":1}"#, prices([.prompt: "1"])).total == "1") // an embedding has no output
        #expect(bill(#"{"prompt_tokens":281474976710655,"completion_tokens":0}"#, prices([.prompt: "1000000"])).total == "nil") // too much to count
    }

    @Test func differencesAreThoseOfMoreThanAHundredth() {
        #expect(!differs(100, 100) && !differs(100, 99) && differs(100, 98) && differs(0, 1) && !differs(0, 0))
        #expect(differs(.max, .min) && differs(.min, .max))
    }

    @Test(arguments: [("0", "0"), ("1", "1"), ("0.000000000000000001", "0.000000000000000001"), ("170141183460469231731.687303715884105727", "170141183460469231731.687303715884105727"),
                      ("10", "10"), ("1000000000000000000", "1000000000000000000"), ("2.5e-06", "0.0000025"), ("100.010", "100.01")])
    func amountsAsText(_ given: String, _ wanted: String) { #expect(money(DecimalText(given)?.atto) == wanted) }

    @Test func amountsBelowZero() {
        #expect(money(-1) == "-0.000000000000000001" && money(.min) == "-170141183460469231731.687303715884105728")
    }
}

@Suite struct UsagePlaces {
    /// A document that tells a value in one place only.
    private func document(_ spot: UsageSpot, _ value: String) -> String {
        var text = value
        for step in spot.path.reversed() {
            text = switch step {
            case .member(let name): "{\"\(name)\":\(text)}"
            case .each: "[{},\(text)]"
            }
        }
        return text
    }

    /// The scanner of streams lets no place pass that the table has.
    @Test func streamsAndDocumentsLookInTheSamePlaces() {
        for spot in usageSpots {
            let json = document(spot, spot.isCost ? "0.5" : #"{"prompt_tokens":7,"completion_tokens":1}"#)
            withBytes(json) { bytes in
                let chunk = try? scanChunk(bytes, form: .chat, depthLimit: 64)
                #expect(chunk?.view.tellsUsage == true, "\(json)")
                let told = reportedUsage(bytes, depth: 64)
                #expect(spot.isCost ? told?.cost == 500_000_000_000_000_000 : told?.usage?[.input] == 7, "\(json)")
            }
            let null = document(spot, "null")
            withBytes(null) { #expect(reportedUsage($0, depth: 64) == nil, "\(null)") }
        }
    }
}
