@testable import Bytes
import CShims
@testable import Gateway
@testable import JSON
@testable import Model
import Testing

private func listed(_ json: String) -> CatalogList? {
    let text = ByteBuffer()
    defer { text.keepAlive() }
    #expect(text.append(json))
    return CatalogList.read(text.bytes, "p", .api, fetchedAt: gl_unix_seconds())
}

private func query(_ json: String) throws -> ListQuery {
    let text = ByteBuffer()
    defer { text.keepAlive() }
    #expect(text.append(json))
    return try ListQuery.read(text.bytes, depth: 64)
}

private let sample = #"""
    [{"id":"a/one","name":"One","context_length":8192,"created":5,"pricing":{"prompt":"0.000001","completion":"0.000002"},
      "architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},"supported_parameters":["tools"],"type":"chat"},
     {"id":"b\"two\u0041","pricing":{"prompt":"0","completion":"0"},"capabilities":["vision"]},
     {"name":"no id"}, {"id":"c/three"}]
    """#

@Suite struct CatalogListTests {
    @Test func entriesAreFoundByTheTextOfTheirID() throws {
        let list = try #require(listed(sample))
        #expect(list.entries.count == 3)
        for (place, id) in ["a/one", "b\"twoA", "c/three"].enumerated() {
            #expect(list.find(id, fnv1a(id)) == place)
            #expect(list.id(place) == id)
        }
        #expect(list.find("d", fnv1a("d")) == nil)
    }

    @Test func factsAreThoseOfTheEntry() throws {
        let list = try #require(listed(sample))
        let facts = list.facts(0)
        #expect(facts.contextLength == 8192 && facts.price?.base[.prompt] == 1_000_000_000_000 && facts.inputs == [.text, .image])
        #expect(list.facts(0) == facts)
        #expect(list.facts(2).price == nil && list.facts(2).contextLength == nil)
    }

    @Test func theTextIsTheEntriesWithAPlaceForWhatWasSeen() throws {
        let list = try #require(listed(sample))
        let whole = ByteBuffer()
        #expect(whole.append("[") && whole.append(list.text.bytes) && whole.append("]"))
        let root = try #require(JSONView(document: whole.bytes))
        var count = 0
        root.forEachElement { entry in
            count += 1
            #expect(entry["availability"]?.isNull == true)
        }
        #expect(count == 3)
        for index in list.entries.indices { #expect(JSONView(document: list.text.bytes[list.entries[index].range]) != nil) }
        whole.keepAlive()
    }

    @Test(arguments: [
        ("{}", [0, 1, 2]), (#"{"id":"*one"}"#, [0]), (#"{"id":"b\"*"}"#, [1]), (#"{"free":true}"#, [1]), (#"{"free":false}"#, [0]),
        (#"{"capability":"tools"}"#, [0]), (#"{"capability":"vision"}"#, [1]), (#"{"modality":"image->text"}"#, [0]), (#"{"modality":"audio"}"#, []),
        (#"{"type":["embedding","chat"]}"#, [0]), (#"{"min_context":8192}"#, [0]), (#"{"min_context":8193}"#, []),
        (#"{"max_price":{"prompt":1}}"#, [0, 1]), (#"{"max_price":{"prompt":"0.999999"}}"#, [1]), (#"{"max_price":{"image":1}}"#, []),
    ] as [(String, [Int])])
    func filters(_ json: String, _ expected: [Int]) throws {
        let list = try #require(listed(sample))
        let filter = ListFilter(try query(json), list)
        #expect(list.entries.indices.filter { filter.passes($0) } == expected)
    }

    /// The words beyond are looked for in the entries that have such.
    @Test func moreWordsThanThereAreBits() throws {
        let many = (0..<300).map { "\"w\($0)\"" }.joined(separator: ",")
        let list = try #require(listed("[{\"id\":\"a\",\"supported_parameters\":[\(many)]},{\"id\":\"b\",\"supported_parameters\":[\"w299\"]}]"))
        let first = ListFilter(try query(#"{"capability":"w5"}"#), list)
        #expect(first.passes(0) && !first.passes(1))
        let beyond = ListFilter(try query(#"{"capability":"w299"}"#), list)
        #expect(beyond.passes(0) && beyond.passes(1))
        let neither = ListFilter(try query(#"{"capability":["w299","w300"]}"#), list)
        #expect(!neither.passes(0) && !neither.passes(1))
        let both = ListFilter(try query(#"{"capability":["w1","w299"],"type":"chat"}"#), list)
        #expect(!both.passes(0) && !both.passes(1))
    }

    @Test func sortingIsThatOfTheStandardLibrary() {
        var random = SystemRandomNumberGenerator()
        for count in [0, 1, 2, 3, 50, 500] {
            let rows = CheckedArray<ListRow>(), given = (0..<count).map { ListRow(part: 0, entry: $0, key: Int128(random.next() % 40) - 5) }
            for row in given { #expect(rows.append(row)) }
            let expected = given.sorted { a, b in
                if (a.key < 0) != (b.key < 0) { return b.key < 0 }
                return a.key != b.key ? a.key < b.key : a.entry < b.entry
            }
            arrange(rows, [], descending: false)
            #expect(rows.indices.map { rows[$0].entry } == expected.map(\.entry))
        }
    }
}

@Suite struct ListAgeTests {
    private let ages = ListAges(ListPolicy())
    private let minute: Int64 = 60_000_000

    @Test func anHourFreshAndAnotherStale() {
        #expect(ages.state(0, jitter: 0) == .fresh)
        #expect(ages.state(60 * minute - 1, jitter: 0) == .fresh)
        #expect(ages.state(60 * minute, jitter: 0) == .stale)
        #expect(ages.state(120 * minute - 1, jitter: 0) == .stale)
        #expect(ages.state(120 * minute, jitter: 0) == .expired)
    }

    @Test func chanceTakesUpToATenthOff() {
        #expect(ages.state(54 * minute, jitter: 255) == .fresh)
        #expect(ages.state(55 * minute, jitter: 255) == .stale)
        for jitter in UInt8.min...UInt8.max { #expect(ages.state(54 * minute, jitter: jitter) == .fresh) }
    }
}
