@testable import Bytes
@testable import Catalog
import Foundation
@testable import Model
import Testing

@Suite struct ModelTableTests {
    private let head = "# gatelet models 1\n"

    private func table(_ rows: String) -> ModelTable? {
        let text = ByteBuffer()
        #expect(text.append(head + rows))
        return ModelTable.read(text)
    }

    @Test func findsEveryRowOfTheEmbeddedTable() throws {
        let table = ModelTable.embedded(), text = try String(contentsOf: sources.appending(path: "Sources/Catalog/prices.tsv"), encoding: .utf8)
        var rows = 0
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let price = try #require(table.row(cells[0], cells[1])?.price(), "\(line)")
            #expect(price.source == .table && price.bills, "\(line)")
            #expect(price.base[.prompt] == DecimalText(cells[2])?.atto)
            #expect(price.base[.completion] == DecimalText(cells[3])?.atto)
            rows += 1
            guard cells.count > 8 else { continue }
            for date in cells[8].split(separator: " ") {
                #expect(table.row(cells[0], cells[1] + date)?.price() == price)
            }
        }
        #expect(rows > 400)
    }

    @Test func readsPricesRulesAndFacts() throws {
        let row = "gemini\tg-2\t1.25e-6\t10e-6\t0.125e-6\t\taudio=1e-6 web_search=0.014\ttokens=200001 prompt=2.5e-6; utc=1630-0030 completion=5e-6"
            + "\t-latest\t1048576\t65536\ttext,image,video\ttext\treasoning,tools\tG Two\n"
        let facts = try #require(table(row)?.row("gemini", "g-2-latest")).facts(), price = try #require(facts.price)
        #expect(facts.contextLength == 1_048_576 && facts.maxOutput == 65536 && facts.inputs == [.text, .image, .video])
        #expect(facts.parameters == ["reasoning", "tools"])
        #expect(price.base[.prompt] == 1_250_000_000_000 && price.base[.audio] == 1_000_000_000_000)
        #expect(price.base[.webSearch] == 14_000_000_000_000_000 && price.base[.cacheWrite] == nil)
        #expect(price.at(promptTokens: 200_000, minuteOfDay: 720)[.prompt] == 1_250_000_000_000)
        #expect(price.at(promptTokens: 200_001, minuteOfDay: 720)[.prompt] == 2_500_000_000_000)
        for (minute, amount) in [(989, 10), (990, 5), (1439, 5), (0, 5), (29, 5), (30, 10)] as [(Int, Int128)] {
            #expect(price.at(promptTokens: 1, minuteOfDay: minute)[.completion] == amount * 1_000_000_000_000, "\(minute)")
        }
    }

    @Test func aServiceTierHasPricesOfItsOwn() throws {
        let row = "openai\tg\t2e-6\t8e-6\t\t\t\ttokens=100 prompt=4e-6; tier=flex prompt=1e-6; tier=flex tokens=100 prompt=2e-6; tier=priority completion=16e-6\n"
        let price = try #require(table(row)?.row("openai", "g")?.strictPrice())
        func prices(_ tokens: Int, _ tier: ServiceTier?) -> [Int128?] {
            let set = price.at(promptTokens: tokens, minuteOfDay: 0, Serving(tier))
            return [set[.prompt], set[.completion]].map { $0.map { $0 / 1_000_000_000_000 } }
        }
        #expect(prices(1, nil) == [2, 8] && prices(100, nil) == [4, 8])
        #expect(prices(1, .flex) == [1, 8] && prices(100, .flex) == [2, 8])
        #expect(prices(1, .priority) == [2, 16] && prices(100, .priority) == [4, 16] && prices(1, .batch) == [2, 8])
        #expect(table("openai\tg\t2e-6\t8e-6\t\t\t\ttier=turbo prompt=1e-6\n")?.row("openai", "g")?.strictPrice() == nil)
    }

    @Test func onlyDatesInTheRowCount() {
        let table = table("a\tm\t1e-6\t2e-6\t\t\t\t\t-20250101 -0711\n")
        for id in ["m", "m-20250101", "m-0711"] { #expect(table?.row("a", id) != nil, "\(id)") }
        for id in ["m-20250102", "m-latest", "m:free", "m-", "-20250101", "", "m-0711-0711", "M"] { #expect(table?.row("a", id) == nil, "\(id)") }
        #expect(table?.row("b", "m") == nil && table?.row("", "") == nil)
    }

    @Test func listsOneProvider() {
        let table = table("a\tx\t1e-6\nb\tx\nb\ty\t1e-6\t2e-6\nba\tz\n")
        var ids: [String] = []
        table?.forEach("b") { ids.append(String(utf8: $0.id)) }
        #expect(ids == ["x", "y"])
        table?.forEach("c") { _ in Issue.record("no such provider") }
    }

    @Test func refusesWhatIsNoTableOrNotSorted() {
        for text in ["", "\n", "a\tm\t1\n", "# gatelet models 2\na\tm\t1\n", head + "b\tm\t1\na\tm\t1\n", head + "a\tm\na\tm\n", "# gatelet models 1"] {
            let buffer = ByteBuffer()
            #expect(buffer.append(text))
            #expect(ModelTable.read(buffer) == nil, "\(text)")
        }
        #expect(table("a\tm\t1e-6\t1e-6\nb\tcut o")?.row("a", "m") != nil)
        #expect(table("a\tm\t1e-6\t1e-6\nb\tcut o")?.row("b", "cut o") == nil)
    }

    @Test func whatIsNoPriceIsNotKnown() {
        let table = table("a\tb\tfree\t-1\t\t1e999\tfoo=1 audio=x =2 audio\ttokens=x prompt=1; utc=25:00-1 prompt=1; weekday=1 prompt=1\na\tc\t5e-3\t1e-6\n")
        #expect(table?.row("a", "b") != nil && table?.row("a", "b")?.price() == nil)
        #expect(table?.row("a", "c")?.price()?.isImplausible == true)
    }

    /// Whatever bytes a file has, reading it ends, and finds nothing outside of it.
    @Test func randomBytesDoNoHarm() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("ab\t\n# =;-.0123456789e,\u{0}\u{ff}".utf8)
        for _ in 0..<20000 {
            let buffer = ByteBuffer()
            _ = buffer.append("# gatelet models 1\n")
            for _ in 0..<Int.random(in: 0..<60, using: &random) { _ = buffer.append(alphabet.randomElement(using: &random) ?? 0) }
            guard let table = ModelTable.read(buffer) else { continue }
            for provider in ["", "a", "ab", "b"] {
                for id in ["", "a", "b-0000"] { _ = table.row(provider, id)?.facts() }
                table.forEach(provider) { _ = $0.facts() }
            }
        }
    }
}

private let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
