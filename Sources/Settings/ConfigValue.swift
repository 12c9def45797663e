package import Bytes
package import JSON
package import Model

/// A value of a configuration document, or of the words of a request that are for Gatelet, together with its path, so that
/// every complaint names its place. Complaints never hold values: a value may be a key. A class, since it is handed around
/// much: one reference instead of several.
package final class ConfigValue {
    private let view: JSONView
    /// Of a request. There null counts as absent, and complaints are `json` errors.
    private let isRequest: Bool
    /// What keeps the bytes of a document alive; those of a request must live longer than this.
    private let document: JSONDocument?
    private let parent: ConfigValue?
    /// Its name in the parent, or the path of a root.
    private let name: String
    /// Its place in the parent; -1: it is no element.
    private let index: Int

    /// The whole of a document.
    package init(_ document: JSONDocument, path: String) {
        (view, isRequest, self.document, parent, name, index) = (document.root, false, document, nil, path, -1)
    }

    /// A value of a request, of whose bytes it must not outlive.
    package init(request view: JSONView, path: String) {
        (self.view, isRequest, document, parent, name, index) = (view, true, nil, nil, path, -1)
    }

    private init(_ view: JSONView, in parent: ConfigValue, _ name: String, at index: Int = -1) {
        (self.view, isRequest, document, self.parent, self.name, self.index) = (view, parent.isRequest, nil, parent, name, index)
    }

    /// Put together when somebody asks: mostly nobody has to complain.
    package var path: String {
        guard let parent else { return name }
        return index < 0 ? memberPath(parent.path, name) : elementPath(parent.path, index)
    }

    package func failure(_ complaint: String) -> Failure {
        if isRequest { return Failure(.json, concat("`", path, "` ", complaint)) }
        return Settings.complaint(at: path, complaint)
    }

    package func unknown() -> Failure {
        if isRequest { return failure("is not a known member") }
        return failure("unknown member")
    }
}

// MARK: - What it is

extension ConfigValue {
    package var isObject: Bool { view.isObject }
    package var isArray: Bool { view.isArray }
    package var isNumber: Bool { numberText != nil }
    package var isFalse: Bool { view.bool == false }

    /// A string's text, whatever is in it.
    package var string: String? { view.string }

    private var numberText: String? { view.numberText }

    /// The value as compact JSON. nil: out of memory, or longer than a `String` may be.
    package var json: String? {
        let out = ByteBuffer(limit: longestText)
        defer { out.keepAlive() }
        var writer = MemberWriter(out)
        writer.compact(view)
        return writer.failed ? nil : String(utf8: out.bytes)
    }
}

// MARK: - What is in it

/// No word of a request has more of either; whoever sends more would have us compare them all with each other.
private let mostMembers = 64, mostElements = 100
/// Of one object or list of a configuration.
private let mostConfigured = 10_000
/// Bytes of one text of a request, of one of a list of names, and of one of a configuration.
private let longestRequestText = 8192, longestConfigText = 64 << 10

extension ConfigValue {
    /// Those of a document cannot occur twice: that was looked for.
    package func members() throws(Failure) -> [(name: Word, value: ConfigValue)] {
        guard isObject else { throw failure("must be an object") }
        var result: [(name: Word, value: ConfigValue)] = [], marks: UInt64 = 0, count = 0
        for member in view.members {
            count += 1
            if count > (isRequest ? mostMembers : mostConfigured) { throw failure("has too many members") }
            if isRequest, member.name.count > longestModel &* 6 { throw failure("has a member with a very long name") }
        }
        result.reserveCapacity(min(count, 8))
        for member in view.members {
            let value = ConfigValue(member.value, in: self, decodedText(view.bytes, member.name)), word = Word(value.name)
            if isRequest, marks & word.mark != 0, occursTwice(value.name) { throw value.failure("occurs twice") }
            marks |= word.mark
            if !isRequest || !member.value.isNull { result.append((word, value)) }
        }
        return result
    }

    /// Asked only of names that look like one before.
    private func occursTwice(_ name: String) -> Bool {
        var times = 0
        for member in view.members where same(decodedText(view.bytes, member.name), name) { times += 1 }
        return times > 1
    }

    package func elements() throws(Failure) -> [ConfigValue] {
        guard isArray else { throw failure("must be an array") }
        var result: [ConfigValue] = []
        for element in view.elements {
            if result.count >= (isRequest ? mostElements : mostConfigured) { throw failure("has too many elements") }
            result.append(ConfigValue(element, in: self, "", at: result.count))
        }
        return result
    }
}

// MARK: - Values

extension ConfigValue {
    package func flag() throws(Failure) -> Bool {
        guard let value = view.bool else { throw failure("must be true or false") }
        return value
    }

    package func integer(_ least: Int, _ most: Int) throws(Failure) -> Int {
        guard isNumber else { throw failure("must be an integer") }
        guard let value = view.int, value >= least, value <= most else {
            throw failure(concat("must be an integer from ", String(least), " to ", String(most)))
        }
        return value
    }

    package func bound() throws(Failure) -> ParameterBound {
        guard let text = numberText, let value = view.double, value.magnitude <= 1e15 else { throw failure("must be a number") }
        return ParameterBound(value, text)
    }

    /// From 0 to 1.
    package func share() throws(Failure) -> Double {
        guard let value = view.double, isShare(value) else { throw failure(shareComplaint) }
        return value
    }

    /// An amount of money in 1e-18 USD: decimal text or a number, of which every digit counts.
    package func usd(perMillion: Bool = false) throws(Failure) -> AttoUSD {
        guard let text = numberText ?? string, let decimal = DecimalText(text)?.scaled(byPowerOfTen: perMillion ? -6 : 0),
              let value = decimal.atto else { throw failure("must be an amount of USD, 0 or more, as decimal text or number") }
        return value
    }

    package func number(_ least: Int, _ most: Int) throws(Failure) -> Double {
        guard let value = view.double, value >= Double(least), value <= Double(most) else {
            throw failure(concat("must be a number from ", String(decimal: least), concat(" to ", String(decimal: most))))
        }
        return value
    }

    /// Seconds: 0 means no limit.
    package func seconds() throws(Failure) -> Double {
        guard let value = view.double else { throw failure("must be a number of seconds") }
        guard isSeconds(value) else { throw failure(secondsComplaint) }
        return value
    }

    /// One line of text, not empty.
    package func text() throws(Failure) -> String {
        try text(upTo: isRequest ? longestRequestText : longestConfigText)
    }

    package func text(upTo most: Int) throws(Failure) -> String {
        guard view.isString else { throw failure("must be a string") }
        guard let value = string, value.utf8.count <= most else { throw failure(concat("must have at most ", String(decimal: most), " bytes")) }
        if let complaint = lineComplaint(value) { throw failure(complaint) }
        return value
    }

    /// The id of a model or provider. What a request names is kept and counted, so there is an end to its length.
    package func shortName() throws(Failure) -> String {
        try isRequest ? text(upTo: longestModel) : text()
    }

    package func texts() throws(Failure) -> [String] {
        var result: [String] = []
        for element in try elements() { result.append(try element.shortName()) }
        return result
    }

    /// One of the words of an enumeration, or of those of them that count here.
    package func word<T: RawRepresentable & CaseIterable>(as _: T.Type = T.self, among some: [T]? = nil) throws(Failure) -> T where T.RawValue == String {
        let words = some ?? Array(T.allCases)
        return words[try position(among: words.map { $0.rawValue })]
    }

    /// One of these words.
    package func word(among words: [String]) throws(Failure) -> String { words[try position(among: words)] }

    private func position(among words: [String]) throws(Failure) -> Int {
        guard let text = string else { throw failure("must be a string") }
        guard let index = words.firstIndex(where: { same($0, text) }) else { throw failure("must be one of " + joined(words)) }
        return index
    }
}
