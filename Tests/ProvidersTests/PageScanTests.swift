@testable import Bytes
import Foundation
@testable import JSON
@testable import Model
@testable import ModelLists
import Testing

/// Runs a scan in pieces of so many bytes.
private func scanned(_ bytes: UnsafeRawBufferPointer, _ paths: [String], _ most: Int) -> PageScan? {
    var scan = PageScan(bytes, paths: paths)
    while true {
        guard let stop = try? scan.run(most) else { return nil }
        if case .finished = stop { return scan }
    }
}

private let paths = ["data", "models", "", "a.b.c", "has_more"]

@Suite struct PageScanTests {
    private func found(_ json: String, _ most: Int = .max) throws -> [(String, Int)?] {
        let bytes = Array(json.utf8)
        return try withBytes(bytes) { bytes in
            let scan = try #require(scanned(bytes, paths, most))
            return paths.indices.map { index in
                let range = scan.found[index]
                return range.isNone ? nil : (String(decoding: bytes[range], as: UTF8.self), scan.elements[index])
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, .max]) func placesOfPaths(_ most: Int) throws {
        let places = try found(#"{ "data" : [1, {"data":[9]}, "],", [[],{}] ] ,"a":{"b":{"c":[ ],"d":1},"c":5},"models":{"x":1},"has_more":true}"#, most)
        #expect(places[0]?.0 == #"[1, {"data":[9]}, "],", [[],{}] ]"# && places[0]?.1 == 4)
        #expect(places[1]?.0 == #"{"x":1}"# && places[3]?.0 == "[ ]" && places[3]?.1 == 0 && places[4]?.0 == "true")
        #expect(places[2]?.0.hasPrefix("{ \"data\"") == true)
        #expect(try found("[1,2,3]", most)[2]?.1 == 3)
    }

    @Test func theLastOfTwoNamesCountsAndArraysHaveNoPaths() throws {
        #expect(try found(#"{"data":[1],"data":[2,3]}"#)[0]?.0 == "[2,3]")
        #expect(try found(#"[{"data":[1]}]"#)[0] == nil)
        #expect(try found(#"{"a":[{"b":{"c":1}}]}"#)[3] == nil)
        #expect(try found(#"{"x":{"data":[1]}}"#)[0] == nil)
    }

    /// The same documents pass as with the cursor, but for what is inside of texts; in pieces or at once.
    @Test func agreesWithTheCursor() throws {
        var random = SystemRandomNumberGenerator()
        let seeds = [#"{"data":[{"id":"a\"b","n":-1.5e3,"l":[[],{},null,true,false]},{"x":"é\\"}],"has_more":false}"#, "[]", " {} ", "7", #""x""#, "null",
                     String(repeating: "[", count: 600) + String(repeating: "]", count: 600), String(repeating: "[", count: 512) + String(repeating: "]", count: 512)]
        let alphabet = Array(#"{}[]",:ntfu0123.eE-+ a"#.utf8)
        for seed in seeds {
            for _ in 0..<400 {
                var bytes = Array(seed.utf8)
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let at = Int.random(in: 0..<bytes.count, using: &random), letter = alphabet.randomElement(using: &random) ?? 0
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[at] = letter
                    case 1: bytes.insert(letter, at: at)
                    default: if bytes.count > 1 { bytes.remove(at: at) }
                    }
                }
                withBytes(bytes) { raw in
                    let valid = JSONView(document: raw) != nil, most = Int.random(in: 1...9, using: &random)
                    let whole = scanned(raw, paths, .max), pieces = scanned(raw, paths, most)
                    let shown = String(decoding: bytes, as: UTF8.self)
                    #expect(!valid || whole != nil, "\(shown)")
                    #expect(whole?.found == pieces?.found && whole?.elements == pieces?.elements, "\(most) \(shown)")
                    // A wrong escape inside of a text is its only licence.
                    if !shown.contains("\\") { #expect(valid == (whole != nil), "\(shown)") }
                }
            }
        }
    }

    @Test(arguments: [1, 5, .max]) func elementsOneByOne(_ most: Int) throws {
        withBytes(#"[ 1 ,{"a":[1,2]},"],[", [[3]] ]"#) { bytes in
            var scan = PageScan(bytes, stopsAtElements: true), found: [String] = []
            walk: while let stop = try? scan.run(most) {
                switch stop {
                case .element(let range): found.append(String(decoding: bytes[range], as: UTF8.self))
                case .finished: break walk
                case .paused: continue
                }
            }
            #expect(found == ["1", #"{"a":[1,2]}"#, "\"],[\"", "[[3]]"])
        }
    }
}

/// Lists that are large in one way or the other.
@Suite struct LargeListTests {
    private func read(_ json: String, mostModels: Int = ModelListReader.mostModels) throws(Failure) -> (count: ModelListCount, bytes: Int) {
        let out = ByteBuffer()
        let count = try withBytes(json) { (body: UnsafeRawBufferPointer) throws(Failure) in
            let reader = try ModelListReader(provider(), mostModels: mostModels, into: out)
            try reader.read(body, fill: { _ in nil })
            return try reader.finish()
        }
        return (count, out.count)
    }

    private func entries(_ count: Int, _ padding: Int = 0) -> String {
        let text = padding > 0 ? ",\"name\":\"\(String(repeating: "n", count: padding))\"" : ""
        return "{\"data\":[\((0..<count).map { "{\"id\":\"m\($0)\"\(text)}" }.joined(separator: ","))]}"
    }

    @Test func entriesAreCountedAsBytesAre() throws {
        #expect(try read(entries(25_000)).count.models == 25_000)
        let found = try #require(failure { () throws(Failure) in try read(entries(25_001)) })
        #expect(found.status == .tooLarge && found.message.contains("25001 entries") && found.message.contains("caps.entries"))
        #expect(try read(entries(26_000, 200)).count.models == 26_000)
        #expect(failure { () throws(Failure) in try read(entries(11), mostModels: 10) }?.status == .tooLarge)
        #expect(try read(entries(11), mostModels: 11).count.models == 11)
    }

    @Test func anEntryThatIsTooLongIsPassedOver() throws {
        let long = String(repeating: "d", count: 70_000)
        let found = try read("[{\"id\":\"a\"},{\"id\":\"b\",\"description\":\"\(long)\"},{\"id\":\"\(String(long.prefix(513)))\"},{\"id\":\"\(String(long.prefix(512)))\"}]")
        #expect(found.count.models == 2 && found.count.skipped == 2)
    }

    /// What is compared with each other has an end.
    @Test func manyPriceRules() throws {
        let rules = (1..<1500).map { "{\"min_prompt_tokens\":\(1500 - $0),\"prompt\":\"1\"}" }.joined(separator: ",")
        let out = ByteBuffer()
        _ = try withBytes("[{\"id\":\"a\",\"pricing\":{\"prompt\":\"1\",\"completion\":\"1\",\"overrides\":[\(rules)]}}]") {
            try readModelList($0, provider: provider { $0.list.form = "openrouter" }, into: out)
        }
        #expect(text(out).components(separatedBy: "min_prompt_tokens").count == 65)
    }

    /// In steps or at once the same comes out, and no step passes more than it should.
    @Test func steps() throws {
        let body = try ownFixture("models/openrouter.json"), whole = ByteBuffer(), pieces = ByteBuffer()
        let row = provider { $0.list.form = "openrouter" }
        _ = try withBytes(body) { try readModelList($0, provider: row, into: whole) }
        let steps = try withBytes(body) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            let reader = try ModelListReader(row, into: pieces)
            var steps = 0, ranges: [ByteRange] = []
            reader.begin(bytes)
            while !(try reader.step(100, fill: { _ in nil }, each: { ranges.append($0); return true })) { steps += 1 }
            _ = try reader.finish()
            for range in ranges { #expect(JSONView(document: pieces.bytes[range]) != nil) }
            return steps
        }
        #expect(text(whole) == text(pieces) && steps > body.count / 100)
    }
}
