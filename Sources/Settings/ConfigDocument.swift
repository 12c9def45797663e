internal import Bytes
internal import JSON
internal import Model

/// Parses one configuration document.
func parseConfiguration(_ text: UnsafeRawBufferPointer, _ what: String = "the configuration") throws(Failure) -> ConfigValue {
    let document: JSONDocument
    do throws(JSONProblem) {
        document = try JSONDocument(text)
    } catch {
        if error.kind == .memory { throw Failure(.memory, "no memory for the configuration") }
        if error.kind == .duplicate, let view = JSONView(document: text) { throw complaint(at: memberPath(at: error.offset, in: view), "given twice") }
        if error.kind == .length {
            throw Failure(.config, concat(what, " has a text of more than ", String(decimal: longestText), concat(" bytes: see byte ", String(decimal: error.offset))))
        }
        if error.kind == .utf8 { throw Failure(.json, UnredactedText(what + " is not UTF-8")) }
        throw Failure(.json, concat(what, " is not JSON: see byte ", String(error.offset)))
    }
    let value = ConfigValue(document, path: "")
    guard value.isObject else { throw Failure(.config, UnredactedText(what + " must be an object")) }
    return value
}

func parseConfiguration(_ text: String) throws(Failure) -> ConfigValue {
    let copy = ByteBuffer()
    defer { copy.keepAlive() }
    guard copy.append(text) else { throw Failure(.memory, "no memory for the configuration") }
    return try parseConfiguration(copy.bytes)
}
