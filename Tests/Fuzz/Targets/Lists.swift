@testable import Accounting
import Bytes
import Catalog
@testable import Dialects
@testable import Gateway
import HTTPText
import JSON
import Model
@testable import ModelLists
import Planning
import Resilience
@testable import Settings

/// A page of a model list, or a list file: the first byte chooses the form and the length of the steps.
@c(fuzz_list) public func fuzzList(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    withInput(data, count) { bytes in
        let (choice, rest) = chosen(bytes)
        var names: [String] = []
        for form in forms { names.append(String(decoding: form.name, as: UTF8.self)) }
        let row = provider { ($0.list.form, $0.list.priceUnit) = (names[Int(choice) % names.count], .usdPerMillion) }
        let whole = list(rest, row, .max), steps = list(rest, row, 1 + Int(choice) * 3)
        hold(whole?.bytes.elementsEqual(steps?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)) ?? (steps == nil), "steps read the same list")
        whole?.keepAlive()
        steps?.keepAlive()
        file(rest, row)
    }
}

private func list(_ bytes: UnsafeRawBufferPointer, _ row: Provider, _ step: Int) -> ByteBuffer? {
    let builder = ListBuilder()
    guard let reader = try? ModelListReader(row, into: builder.text) else { return nil }
    reader.begin(bytes)
    while true {
        guard let isOver = try? reader.step(step, fill: { _ in nil }, each: { builder.take($0) }) else { return nil }
        if isOver { break }
    }
    if let page = reader.page, var pages = try? ListPages(row) { _ = try? pages.next(after: page) }
    guard (try? reader.finish()) != nil, let list = CatalogList.made(builder, "acme", .api, fetchedAt: 0) else { return nil }
    hold(isJSON(list.text.bytes), "a list of ours is JSON")
    for index in list.entries.indices {
        hold(isJSON(list.text.bytes[list.entries[index].range]), "each entry is JSON")
        let id = list.id(index)
        hold(list.find(id, fnv1a(id)) != nil, "an id is found again")
        _ = list.facts(index)
    }
    for query in [#"{"free":true,"modality":"text+image->text","capability":["tools"],"sort":"price"}"#, #"{"id":"a*","min_context":5,"max_price":{"prompt":1}}"#] {
        filtered(list, query)
    }
    return list.text
}

private func filtered(_ list: CatalogList, _ text: String) {
    let bytes = ByteBuffer()
    defer { bytes.keepAlive() }
    guard bytes.append(text), let query = try? ListQuery.read(bytes.bytes, depth: 64) else { return }
    let filter = ListFilter(query, list)
    for index in list.entries.indices where filter.passes(index) { _ = list.entries[index].row(.price, 0, index, latency: -1) }
}

private func file(_ bytes: UnsafeRawBufferPointer, _ row: Provider) {
    let out = ByteBuffer()
    defer { out.keepAlive() }
    guard (try? readModelFile(bytes, name: "f", provider: row, into: out)) != nil else { return }
    hold(isJSON(out.bytes), "a list of a file is JSON")
}
