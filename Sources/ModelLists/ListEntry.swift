internal import Bytes
internal import HTTPText
internal import JSON
internal import Model

/// One entry of a provider's list, by its mapping. Used for one entry after the other.
final class ListEntry {
    let provider: Provider
    let mapping: ListMapping
    /// "api" or "static".
    let origin: StaticString
    /// The user's own word: it holds, whatever it is.
    let isFile: Bool
    private(set) var id = ""
    /// The mapping says that it is not for use.
    private(set) var isLeftOut = false
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Where the values are that the mapping asks for, by cell.
    private var values: [ByteRange]
    /// The members that are the same in every entry.
    let ofRow = ByteBuffer()

    init(_ provider: Provider, _ mapping: ListMapping, isFile: Bool) {
        self.provider = provider
        self.mapping = mapping
        origin = isFile ? "static" : "api"
        self.isFile = isFile
        values = Array(repeating: .none, count: mapping.tree.cells)
        writeOfRow()
    }

    /// False: malformed, or with an id that no request can name.
    func read(_ object: JSONView) -> Bool {
        guard object.isObject else { return false }
        bytes = object.bytes
        for index in values.indices { values[index] = .none }
        mapping.tree.walk(object, into: &values)
        guard let text = textView(.id)?.string(upTo: longestModel) else { return false }
        id = stripped(text)
        isLeftOut = mapping.skips.contains { note in value(note.path).map { same($0.raw, note.text) } ?? false }
        return !id.isEmpty
    }

    private func stripped(_ text: String) -> String {
        let bytes = text.octets, prefix = mapping.strip.octets
        return prefix.isEmpty || !bytes.starts(with: prefix) ? text : String(utf8: bytes[prefix.count...])
    }

    func value(_ path: ListPath) -> JSONView? {
        guard path.cell < values.count else { return nil }
        let range = values[path.cell]
        return range.isNone ? nil : JSONView(valid: bytes, range)
    }

    func paths(_ slot: ListSlot) -> [ListPath] { mapping.slots[Int(slot.rawValue)] }

    /// The first value that is of use.
    private func view(_ slot: ListSlot, _ isOfUse: (JSONView) -> Bool) -> JSONView? {
        for path in paths(slot) {
            if let found = value(path), isOfUse(found) { return found }
        }
        return nil
    }

    /// A text that is not empty.
    func textView(_ slot: ListSlot) -> JSONView? { view(slot) { $0.isString && $0.range.count > 2 } }

    func object(_ slot: ListSlot) -> JSONView? { view(slot) { $0.isObject } }

    func count(_ slot: ListSlot) -> Int? { view(slot) { wholeNumber($0) != nil }.flatMap(wholeNumber) }

    /// Seconds since 1970.
    var created: Int? { view(.created) { unixTime($0) != nil }.flatMap(unixTime) }

    /// The words of all paths together.
    func words(_ slot: ListSlot) -> [String] {
        var words: [String] = []
        for path in paths(slot) {
            if let found = value(path) { addWords(of: found, to: &words) }
        }
        return words
    }

    /// What it can, in our words where we have one.
    func capabilities() -> [String] {
        var result: [String] = []
        for word in words(.capabilities) { add(translated(word), to: &result) }
        for flag in mapping.flags where value(flag.path)?.bool ?? false { add(flag.text, to: &result) }
        return result
    }

    private func translated(_ word: String) -> String {
        for known in mapping.words where same(known.name, word) { return known.model }
        return word
    }

    /// Of the words of a list the one that our list of types has first; a single word that it does not have stays.
    func type(_ capabilities: [String], _ outputs: [String]) -> String? {
        let stated = words(.type)
        if let kind = kind(stated) { return kind }
        if let word = stated.first, stated.count == 1, !mapping.types.contains(where: { same($0.name, word) }) { return word }
        return kind(capabilities) ?? (outputs.has("text") ? "chat" : kind(Array(outputs.prefix(1))))
    }

    private func kind(_ words: [String]) -> String? {
        if words.isEmpty { return nil } // as in most lists
        for known in mapping.types where words.has(known.name) && !known.model.isEmpty { return known.model }
        return nil
    }

    func modalities(_ slot: ListSlot) -> [String] { view(slot) { !readModalities($0).isEmpty }.map(readModalities) ?? [] }

    /// What models take that see, hear or read files.
    func inputs(_ capabilities: [String]) -> [String] {
        let stated = modalities(.inputs)
        if !stated.isEmpty { return stated }
        var found: [String] = []
        if capabilities.has("vision") { add("image", to: &found) }
        if capabilities.has("pdf_input") { add("file", to: &found) }
        if capabilities.has("audio_input") { add("audio", to: &found) }
        return found.isEmpty ? [] : ["text"] + found
    }
}

/// A positive count; Infron writes "1,048,576". Zero means that the provider does not say.
private func wholeNumber(_ value: JSONView) -> Int? {
    guard let number = value.int ?? value.string.flatMap(digits), number > 0, number <= 1_000_000_000_000 else { return nil }
    return number
}

/// A number in digits, whatever commas and blanks are between them.
private func digits(_ text: String) -> Int? {
    var number = 0, count = 0
    for byte in text.octets where byte != Ascii.comma && byte != Ascii.space {
        guard byte &- 0x30 < 10, count < 18 else { return nil }
        number = number &* 10 &+ Int(byte &- 0x30)
        count &+= 1
    }
    return count > 0 ? number : nil
}

/// Seconds, milliseconds, or a date of RFC 3339. Nobody made a model in 1970: 0 means that the provider does not say.
private func unixTime(_ value: JSONView) -> Int? {
    var seconds = value.int
    if seconds == nil, var text = value.string {
        seconds = digits(text) ?? text.withUTF8 { DateText.seconds(UnsafeRawBufferPointer($0)) }.map { Int($0) }
    }
    if seconds == nil, let number = value.double, number > 0, number < 1e14 { seconds = Int(number) }
    guard let seconds, seconds > 0, seconds < 100_000_000_000_000 else { return nil }
    return seconds < 100_000_000_000 ? seconds : seconds / 1000
}

/// The parts of a text with commas, the texts of a list, or the names of those members of an object that are true or {"supported": true}.
private func addWords(of value: JSONView, to words: inout [String]) {
    if let text = value.string { for part in parts(text) { add(part, to: &words) } }
    value.forEachElement { element in
        if let text = element.string { add(text, to: &words) }
    }
    value.forEachMember { name, member in
        if member.bool ?? member["supported"]?.bool ?? false { add(decodedText(value.bytes, name), to: &words) }
    }
}

/// A list, or Infron's "Text, Images": lower case, singular.
private func readModalities(_ value: JSONView) -> [String] {
    var words: [String] = []
    if let text = value.string {
        for part in parts(text) { add(modality(part), to: &words) }
    }
    value.forEachElement { element in
        if let text = element.string { add(modality(text), to: &words) }
    }
    return words
}

/// No model has so many of anything. Each word is compared with all before it, so there is an end.
private let mostWords = 128

func add(_ word: String, to words: inout [String]) {
    if !word.isEmpty, words.count < mostWords, !words.has(word) { words.append(word) }
}

/// Between commas, semicolons or bars, without the blanks around.
private func parts(_ text: String) -> [String] {
    text.octets.split { $0 == Ascii.comma || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "|") }.map { part in
        part.withUnsafeBytes { String(utf8: HeaderText.trimmed($0)) }
    }
}

private func modality(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.octets where byte != Ascii.space { bytes.append(lowercased(byte)) }
    let word = String(utf8: bytes)
    if word.equals("images") { return "image" }
    if word.equals("videos") { return "video" }
    if word.equals("files") { return "file" }
    return word
}

func joined(_ words: [String]) -> String {
    var text = ""
    for word in words { text += text.isEmpty ? word : "+" + word }
    return text
}
