/// A JSON file of this folder, or of `forms` (shapes of model lists): docs/adding-a-provider.md.
package struct CatalogFile {
    /// Without its ending.
    package let name: UnsafeRawBufferPointer
    package let json: UnsafeRawBufferPointer
}

/// The files in the order of their names. The build makes one literal of them (`rowText`, `formText`), a line for each, with
/// a tab behind the name: a table of literals would take half as much again.
package struct CatalogFiles: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer

    init(_ text: StaticString) { rest = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) }

    package mutating func next() -> CatalogFile? {
        guard let name = cut(UInt8(ascii: "\t")), let json = cut(UInt8(ascii: "\n")) else { return nil }
        return CatalogFile(name: name, json: json)
    }

    private mutating func cut(_ mark: UInt8) -> UnsafeRawBufferPointer? {
        guard let base = rest.baseAddress else { return nil }
        var length = 0
        while length < rest.count, base.load(fromByteOffset: length, as: UInt8.self) != mark { length += 1 }
        if length == rest.count { return nil }
        rest = UnsafeRawBufferPointer(start: base + length + 1, count: rest.count - length - 1)
        return UnsafeRawBufferPointer(start: base, count: length)
    }
}

package var rows: CatalogFiles { CatalogFiles(rowText) }
package var forms: CatalogFiles { CatalogFiles(formText) }
