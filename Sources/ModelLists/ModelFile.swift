package import Bytes
internal import Dialects
internal import JSON
package import Model
internal import Settings

/// Reads a model list from a file (`models.file`): JSON, an array or an object that holds one, or CSV with a line of names first, which
/// the mapping finds like members of an entry. Complaints begin with the name of the file.
package func readModelFile(_ text: UnsafeRawBufferPointer, name: String, provider: Provider, mostModels: Int = ModelListReader.mostModels,
                           fill: (String) -> ModelFacts? = { _ in nil }, into buffer: ByteBuffer,
                           each: (ByteRange) -> Bool = { _ in true }) throws(Failure) -> ModelListCount {
    let rows = ByteBuffer()
    defer { rows.keepAlive() }
    let list = trimmed(text), first = list.byte(at: 0)
    do throws(Failure) {
        let reader = try ModelListReader(provider, isFile: true, mostModels: mostModels, into: buffer)
        if first == Ascii.openBracket || first == Ascii.openBrace {
            if let problem = jsonProblem(list) { throw problem }
            try reader.read(list, fill: fill, each: each)
        } else {
            if JSONView(document: list) != nil { throw Failure(.config, "JSON, but neither an array nor an object") }
            try convert(text, into: rows)
            try reader.read(rows.bytes, fill: fill, each: each)
        }
        let count = try reader.finish()
        if count.models == 0 && count.skipped > 0 { throw Failure(.config, "no entry has an id") }
        return count
    } catch {
        throw Failure(error.status == .tooLarge || error.status == .memory ? error.status : .config, UnredactedText(concat(shown(name), ": ")) + error.message)
    }
}

private func jsonProblem(_ text: UnsafeRawBufferPointer) -> Failure? {
    var steps = JSONCursor(text)
    do throws(JSONFault) {
        _ = try steps.value()
        try steps.finish()
        return nil
    } catch {
        if error.kind == .utf8 || error.kind == .nul { return nil } // repaired where it can be
        return Failure(.config, concat("line ", String(decimal: JSONProblem(error, in: text).line), ": not JSON"))
    }
}

/// CSV as an array of objects. A name with dots ("pricing.prompt") is a path.
private func convert(_ text: UnsafeRawBufferPointer, into rows: ByteBuffer) throws(Failure) {
    var out = MemberWriter(rows)
    do throws(CSVProblem) {
        var reader = CSVReader(text)
        guard let names = try reader.record(), names.count > 0 else { throw CSVProblem(line: 1, what: "has no names of columns") }
        for (index, name) in names.enumerated() where name.isEmpty || names[..<index].contains(where: { same($0, name) }) {
            throw CSVProblem(line: 1, what: "has a column without a name, or two of one name")
        }
        out.open("[")
        while let fields = try reader.record() {
            if fields.count < names.count { throw CSVProblem(line: reader.line, what: "has fewer fields than there are columns") }
            if fields.count > names.count { throw CSVProblem(line: reader.line, what: "has more fields than there are columns") }
            out.separate()
            out.open()
            for (index, field) in fields.enumerated() where !field.isEmpty { write(names[index], field, &out) }
            out.close()
        }
        out.close("]")
    } catch {
        throw Failure(.config, concat("line ", String(decimal: error.line), " ", String(error.what)))
    }
    if out.failed { throw noRoom("the list", rows) }
}

private func write(_ name: String, _ field: String, _ out: inout MemberWriter) {
    let path = name.octets.split(separator: UInt8(ascii: "."))
    for part in path.dropLast() {
        out.name(String(utf8: part))
        out.open()
    }
    out.name(String(utf8: path.last ?? []))
    out.string(field)
    for _ in path.dropLast() { out.close() }
}
