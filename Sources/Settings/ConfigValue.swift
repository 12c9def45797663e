package import Bytes
package import JSON
package import Model

/// A value of a configuration document, or of the words of a request that are for Gatelet, together with its path, so that
/// every complaint names its place. Complaints never hold values: a value may be a key. A class, since it is handed around
/// much: one reference instead of several.
package final class ConfigValue {
    private enum Source {
        case document(JSONNode)
        case request(JSONView)
    }

    private let source: Source
    private let parent: ConfigValue?
    /// Its name in the parent, or the path of a root.
    private let name: String
    /// Its place in the parent; -1: it is no element.
    private let index: Int

    /// The whole of a document.
    package convenience init(_ document: JSONDocument, path: String) {
        self.init(.document(document.root), nil, path)
    }

    /// A value of a request, of whose bytes it must not outlive. There null counts as absent, and complaints are `json` errors.
    package convenience init(request view: JSONView, path: String) {
        self.init(.request(view), nil, path)
    }

    @inline(never)
    private init(_ source: Source, _ parent: ConfigValue?, _ name: String, at index: Int = -1) {
        self.source = source
        self.parent = parent
        self.name = name
        self.index = index
    }

    /// Put together when somebody asks: mostly nobody has to complain.
    @inline(never)
    package var path: String {
        guard let parent else { return name }
        return index < 0 ? memberPath(parent.path, name) : elementPath(parent.path, index)
    }

    @inline(never)
    package func failure(_ complaint: String) -> Failure {
        if case .request = source { return Failure(.json, concat("`", path, "` ", complaint)) }
        return Settings.complaint(at: path, complaint)
    }

    @inline(never)
    package func unknown() -> Failure {
        if case .request = source { return failure("is not a known member") }
        return failure("unknown member")
    }
}

// MARK: - What it is

extension ConfigValue {
    @inline(never)
    package var isObject: Bool {
        switch source {
        case .document(let node): node.kind == .object
        case .request(let view): view.isObject
        }
    }

    package var isArray: Bool {
        switch source {
        case .document(let node): node.kind == .array
        case .request(let view): view.isArray
        }
    }

    package var isNumber: Bool { numberText != nil }
    package var isFalse: Bool { bool == false }

    @inline(never)
    private var bool: Bool? {
        switch source {
        case .document(let node): node.bool
        case .request(let view): view.bool
        }
    }

    /// A string's text, whatever is in it.
    @inline(never)
    package var string: String? {
        switch source {
        case .document(let node): node.string
        case .request(let view): view.string
        }
    }

    @inline(never)
    private var numberText: String? {
        switch source {
        case .document(let node): node.numberText
        case .request(let view): view.numberText
        }
    }

    private var int: Int? {
        switch source {
        case .document(let node): node.int
        case .request(let view): view.int
        }
    }

    @inline(never)
    private var double: Double? { numberText.flatMap(parsedDouble) }

    /// The value as compact JSON. nil: out of memory.
    package var json: String? {
        switch source {
        case .document(let node): node.dump()
        case .request(let view): (try? JSONDocument(view.raw, .repair))?.root.dump()
        }
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
    @inline(never)
    package func members() throws(Failure) -> [(name: Word, value: ConfigValue)] {
        guard isObject else { throw failure("must be an object") }
        switch source {
        case .document(let node):
            if node.count > mostConfigured { throw failure("has too many members") }
            return node.members.map { (Word($0.name), ConfigValue(.document($0.value), self, $0.name)) }
        case .request(let view): return try members(of: view)
        }
    }

    private func members(of view: JSONView) throws(Failure) -> [(name: Word, value: ConfigValue)] {
        var result: [(name: Word, value: ConfigValue)] = [], marks: UInt64 = 0, count = 0
        try view.forEachMember { (name: ByteRange, _: JSONView) throws(Failure) in
            count += 1
            if count > mostMembers { throw failure("has too many members") }
            if name.count > longestModel &* 6 { throw failure("has a member with a very long name") }
        }
        result.reserveCapacity(8)
        try view.forEachMember { (name: ByteRange, value: JSONView) throws(Failure) in
            let member = ConfigValue(.request(value), self, decodedText(view.bytes, name)), word = Word(member.name)
            if marks & word.mark != 0, occursTwice(member.name, view) { throw member.failure("occurs twice") }
            marks |= word.mark
            if !value.isNull { result.append((word, member)) }
        }
        return result
    }

    /// Asked only of names that look like one before.
    private func occursTwice(_ name: String, _ view: JSONView) -> Bool {
        var times = 0
        view.forEachMember { other, _ in if same(decodedText(view.bytes, other), name) { times += 1 } }
        return times > 1
    }

    @inline(never)
    package func elements() throws(Failure) -> [ConfigValue] {
        guard isArray else { throw failure("must be an array") }
        var result: [ConfigValue] = []
        switch source {
        case .document(let node):
            if node.count > mostConfigured { throw failure("has too many elements") }
            for element in node.elements { result.append(ConfigValue(.document(element), self, "", at: result.count)) }
        case .request(let view):
            try view.forEachElement { (element: JSONView) throws(Failure) in
                if result.count >= mostElements { throw failure("has too many elements") }
                result.append(ConfigValue(.request(element), self, "", at: result.count))
            }
        }
        return result
    }
}

// MARK: - Values

extension ConfigValue {
    @inline(never)
    package func flag() throws(Failure) -> Bool {
        guard let value = bool else { throw failure("must be true or false") }
        return value
    }

    @inline(never)
    package func integer(_ least: Int, _ most: Int) throws(Failure) -> Int {
        guard isNumber else { throw failure("must be an integer") }
        guard let value = int, value >= least, value <= most else {
            throw failure(concat("must be an integer from ", String(least), " to ", String(most)))
        }
        return value
    }

    /// From 0 to 1.
    @inline(never)
    package func share() throws(Failure) -> Double {
        guard let value = double, isShare(value) else { throw failure(shareComplaint) }
        return value
    }

    /// An amount of money in 1e-18 USD: decimal text or a number, of which every digit counts.
    @inline(never)
    package func usd(perMillion: Bool = false) throws(Failure) -> AttoUSD {
        guard let text = numberText ?? string, let decimal = DecimalText(text)?.scaled(byPowerOfTen: perMillion ? -6 : 0),
              let value = decimal.atto else { throw failure("must be an amount of USD, 0 or more, as decimal text or number") }
        return value
    }

    /// Seconds: 0 means no limit.
    @inline(never)
    package func seconds() throws(Failure) -> Double {
        guard let value = double else { throw failure("must be a number of seconds") }
        guard isSeconds(value) else { throw failure(secondsComplaint) }
        return value
    }

    private var isString: Bool {
        switch source {
        case .document(let node): node.kind == .string
        case .request(let view): view.isString
        }
    }

    /// One line of text, not empty.
    @inline(never)
    package func text() throws(Failure) -> String {
        switch source {
        case .document: try text(upTo: longestConfigText)
        case .request: try text(upTo: longestRequestText)
        }
    }

    @inline(never)
    package func text(upTo most: Int) throws(Failure) -> String {
        guard isString else { throw failure("must be a string") }
        guard let value = string, value.utf8.count <= most else { throw failure(concat("must have at most ", String(decimal: most), " bytes")) }
        if let complaint = lineComplaint(value) { throw failure(complaint) }
        return value
    }

    /// The id of a model or provider. What a request names is kept and counted, so there is an end to its length.
    @inline(never)
    package func shortName() throws(Failure) -> String {
        switch source {
        case .document: try text()
        case .request: try text(upTo: longestModel)
        }
    }

    @inline(never)
    package func texts() throws(Failure) -> [String] {
        var result: [String] = []
        for element in try elements() { result.append(try element.shortName()) }
        return result
    }

    /// One of the words of a list ("a, b, c"): its place, counted from 0.
    @inline(never)
    package func word(of words: StaticString) throws(Failure) -> UInt8 {
        guard let text = string else { throw failure("must be a string") }
        guard let place = place(of: text, in: words) else { throw failure("must be one of " + String(words)) }
        return place
    }
}

@inline(never)
package func place(of text: String, in words: StaticString) -> UInt8? {
    let list = UnsafeRawBufferPointer(start: words.utf8Start, count: words.utf8CodeUnitCount)
    var place: UInt8 = 0, start = 0
    while start < list.count {
        let rest = list[ByteRange(start, list.count)]
        let length = rest.firstIndex(of: Ascii.comma).map { $0 &- rest.startIndex } ?? rest.count
        if same(list[ByteRange(start, start &+ length)], text) { return place }
        place &+= 1
        start &+= length &+ 2
    }
    return nil
}
