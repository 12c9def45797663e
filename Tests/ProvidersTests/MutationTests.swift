@testable import Bytes
@testable import Catalog
@testable import Dialects
@testable import JSON
@testable import Model
@testable import ModelLists
@testable import Settings
import Testing

/// Bytes changed, cut and doubled at random, but the same way every time.
private struct Mutations {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next(_ below: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(max(below, 1)))
    }

    mutating func mutated(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...next(4) where !bytes.isEmpty {
            let at = next(bytes.count)
            switch next(5) {
            case 0: bytes[at] = UInt8(next(256))
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + next(20))], at: at)
            case 3: bytes.removeLast(next(bytes.count))
            default: bytes[at] = Array(#"{}[]",:\0-e"#.utf8)[next(11)]
            }
        }
        return bytes
    }
}

/// No input ends in a trap: each of these either returns or throws a Failure.
@Suite struct Mutated {
    private let request = #"{"model":"a\u00e9","messages":[{"role":"user","content":[{"type":"text","text":"hi \ud83d\ude00"}]}],"stream_options":{"include_usage":null},"usage":{"include":true},"n":2,"max_tokens":5,"seed":1,"prompt":["a"],"input":["x",[1]],"dimensions":3,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"}}}}}}],"tool_choice":"required","models":["b","c"],"provider":{"order":["d"],"max_price":{"prompt":1},"sort":{"by":"price"}},"response_format":{"type":"json_schema"}}"#
    private let error = #"[{"error":{"message":"m","code":429,"type":"t","status":"S","metadata":{"raw":"r","error_type":"x","headers":{"X-RateLimit-Reset":"1"}},"availability":{"retry_after":1.5},"details":[{"retryDelay":"3s"}]},"detail":[{"msg":"x"}]}]"#
    private let models = #"{"data":[{"id":"a","created":1,"context_length":"1,000","pricing":{"prompt":"1e-7","completion":"-1","input":0.1},"architecture":{"input_modalities":"Text, Images"},"providers":[{"status":"live","pricing":{"input":1}}],"top_provider":{"max_completion_tokens":9}}]}"#
    private let options = #"{"provider":"x","timeouts":{"connect":1,"idle":2e0},"dry_run":false,"models":["a"],"route":{"order":["b"],"sort":"price","max_price":{"prompt":"1e-7","image":0.5},"regions":["c"]},"retry":{"attempts":3,"jitter":0.5},"hedge":{"delay":"p95"},"tag":"t","max_cost":"170141183460469231731.687","faults":[429]}"#

    @Test func requests() {
        var mutations = Mutations()
        for _ in 0..<4000 {
            withBytes(mutations.mutated(request)) { bytes in
                for operation in [Model.Operation.chatStream, .completion, .embeddings] {
                    if let view = try? readRequest(bytes, operation: operation, caps: Caps()) {
                        let out = ByteBuffer(), row = provider { $0.requests.streamUsage = true; $0.requests.parameters = [rule("seed") { $0.rename = "s" }, rule("n") { $0.isDropped = true }] }
                        let prefill = mutations.next(2) == 0 ? bytes : nil
                        if (try? write(view, bytes, operation, to: row, prefill: prefill, into: out)) != nil {
                            #expect(JSONView(document: out.bytes) != nil, "\(text(out))")
                        }
                        if view.hasRoutingPreferences { _ = try? readRoutingPreferences(view, bytes) }
                        #expect(requestNeeds(view, bytes).promptTokens >= 0)
                    }
                    #expect(!devScript(bytes, operation, delay: 0).steps.isEmpty)
                }
            }
        }
    }

    @Test func answersAndErrors() {
        var mutations = Mutations()
        for _ in 0..<4000 {
            withBytes(mutations.mutated(error)) { bytes in
                for http in [200, 400, 429] {
                    #expect(classify(httpStatus: http, headers: bytes, body: bytes, provider: provider(), model: "m").status.rawValue >= 300)
                }
            }
            let body = ByteBuffer()
            _ = mutations.mutated(#"{"id":"x","gatelet":1,"choices":[{"message":{"content":"\ud800é"}}],"usage":{"n":1},"error":null}"#).withUnsafeBytes { body.append($0) }
            if let view = try? readAnswer(body, operation: .chat, provider: provider(), model: "m", depth: 64) {
                #expect(withBytes("{}") { appendGatelet($0, to: body, view: view) })
                #expect(JSONView(document: body.bytes)?["gatelet"]?.isObject == true, "\(text(body))")
            }
        }
    }

    @Test func listsAndOptions() {
        var mutations = Mutations()
        let names = forms.map { String(utf8: $0.name) }
        for round in 0..<4000 {
            withBytes(mutations.mutated(models)) { bytes in
                let out = ByteBuffer()
                if (try? readModelList(bytes, provider: provider { $0.list.form = names[round % names.count] }, into: out)) != nil {
                    #expect(JSONView(document: out.bytes) != nil, "\(text(out))")
                }
            }
            withBytes(mutations.mutated(options)) { bytes in
                if JSONView(document: bytes) != nil { _ = try? readOptions(bytes, allowed: .all) }
            }
        }
    }
}
