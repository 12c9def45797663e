internal import Bytes
internal import JSON

/// Arguments of a call that come in pieces, each of them a value with its path (`streamFunctionCallArguments`,
/// https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc, 2026-11; written down without opening the
/// page again): put together as the text of one object, of which nothing is kept but the names in it.
final class PartialArguments {
    /// The call they are of.
    let call: Int
    /// Where the last value is, step by step: what each begins with says whether it is a name or a place in a list.
    private let path = ByteBuffer()
    private var ends: [Int] = []
    /// Names in the objects that are open, as numbers: of each object those from its start on.
    private var names: [UInt64] = []
    private var starts: [Int] = []
    private var isText = false

    private static let name = UInt8(ascii: "."), place = UInt8(ascii: "[")
    private static let deepest = 512, mostNames = 4096

    init(call: Int) { self.call = call }

    /// Appends what one piece adds to the text. False: that does not go behind what was said before, or there is no memory.
    func add(_ piece: JSONView, to out: ByteBuffer) -> Bool {
        let next = ByteBuffer()
        var stops: [Int] = []
        defer { next.keepAlive() }
        guard let told = piece.filled("jsonPath") ?? piece.filled("json_path"), told.isString, PartialArguments.read(told.inside, next, &stops) else { return false }
        let text = piece.filled("stringValue") ?? piece.filled("string_value")
        let other = piece.filled("numberValue") ?? piece.filled("number_value") ?? piece.filled("boolValue") ?? piece.filled("bool_value")
        if isText, other == nil, sameBytes(path.bytes, next.bytes) { return text.map { out.append($0.inside) } ?? true } // more of it, or its end
        guard move(to: next.bytes, stops, out) else { return false }
        if let other { return out.append(other.raw) }
        let goesOn = (piece.filled("willContinue") ?? piece.filled("will_continue"))?.bool ?? false
        isText = text != nil || goesOn
        return isText ? out.append(Ascii.quote) && out.append(text?.inside ?? told.bytes[.none]) : out.append("null")
    }

    /// Nothing follows.
    func close(_ out: ByteBuffer) -> Bool {
        if ends.isEmpty { return out.append("{}") }
        return closeText(out) && close(above: 0, out) && out.append(Ascii.closeBrace)
    }

    /// From the last value to the place of the next one.
    private func move(to next: UnsafeRawBufferPointer, _ stops: [Int], _ out: ByteBuffer) -> Bool {
        var common = 0
        while common < ends.count, common < stops.count, sameBytes(step(path.bytes, ends, common), step(next, stops, common)) { common &+= 1 }
        guard common < stops.count, ends.isEmpty || common < ends.count else { return false }
        let first = step(next, stops, common)
        if ends.isEmpty {
            if isPlace(first) { return false }
        } else {
            let last = step(path.bytes, ends, common)
            guard isPlace(last) == isPlace(first), !isPlace(first) || place(first) == place(last) &+ 1 else { return false }
        }
        guard closeText(out), close(above: common, out), out.append(ends.isEmpty ? "{" : ",") else { return false }
        if starts.isEmpty { starts.append(0) }
        for level in common..<stops.count {
            let step = step(next, stops, level)
            if level > common {
                guard !isPlace(step) || place(step) == 0, out.append(isPlace(step) ? Ascii.openBracket : Ascii.openBrace) else { return false }
                starts.append(names.count)
            }
            guard isPlace(step) || key(step, at: level, out) else { return false }
        }
        path.removeAll()
        ends = stops
        return path.append(next)
    }

    private func closeText(_ out: ByteBuffer) -> Bool {
        defer { isText = false }
        return !isText || out.append(Ascii.quote)
    }

    /// Closes what is open behind so many steps and one.
    private func close(above level: Int, _ out: ByteBuffer) -> Bool {
        var ok = true
        for inner in stride(from: ends.count &- 1, to: level, by: -1) {
            ok = ok && out.append(isPlace(step(path.bytes, ends, inner)) ? Ascii.closeBracket : Ascii.closeBrace)
            names.removeLast(names.count &- starts.removeLast())
        }
        return ok
    }

    /// The name of a member that the object did not have.
    private func key(_ step: UnsafeRawBufferPointer, at level: Int, _ out: ByteBuffer) -> Bool {
        let hash = fnv1a(step, from: fnvSeed), start = starts[level]
        if names.count &- start >= PartialArguments.mostNames || names[start...].contains(hash) { return false }
        names.append(hash)
        return appendJSONString(step[ByteRange(1, step.count)], to: out) && out.append(Ascii.colon)
    }

    private func isPlace(_ step: UnsafeRawBufferPointer) -> Bool { step.byte(at: 0) == PartialArguments.place }

    private func step(_ path: UnsafeRawBufferPointer, _ ends: [Int], _ index: Int) -> UnsafeRawBufferPointer {
        path[ByteRange(index == 0 ? 0 : ends[index &- 1], ends[index])]
    }

    private func place(_ step: UnsafeRawBufferPointer) -> Int { smallNumber(step[ByteRange(1, step.count)]) ?? -1 }

    // MARK: - Paths

    /// Takes a JSONPath of names and places apart (RFC 9535: `$.a.b[0]['c d']`). `told`: the body of a JSON string.
    private static func read(_ told: UnsafeRawBufferPointer, _ out: ByteBuffer, _ ends: inout [Int]) -> Bool {
        let text = ByteBuffer()
        defer { text.keepAlive() }
        guard appendDecodedJSON(told, to: text), text.bytes.byte(at: 0) == UInt8(ascii: "$") else { return false }
        let bytes = text.bytes
        var at = 1
        while at < bytes.count {
            guard ends.count < deepest, bytes.byte(at: at) == name ? readName(bytes, &at, out) : readBracket(bytes, &at, out) else { return false }
            ends.append(out.count)
        }
        return !ends.isEmpty
    }

    private static func readName(_ bytes: UnsafeRawBufferPointer, _ at: inout Int, _ out: ByteBuffer) -> Bool {
        let start = at &+ 1
        at = start
        while at < bytes.count, bytes.byte(at: at) != name, bytes.byte(at: at) != place { at &+= 1 }
        return at > start && out.append(name) && out.append(bytes[ByteRange(start, at)])
    }

    private static func readBracket(_ bytes: UnsafeRawBufferPointer, _ at: inout Int, _ out: ByteBuffer) -> Bool {
        guard bytes.byte(at: at) == place else { return false }
        let quote = bytes.byte(at: at &+ 1), isName = quote == Ascii.quote || quote == UInt8(ascii: "'")
        guard out.append(isName ? name : place) else { return false }
        at &+= isName ? 2 : 1
        let start = at, close = isName ? quote : Ascii.closeBracket
        while at < bytes.count, bytes.byte(at: at) != close {
            if isName, bytes.byte(at: at) == Ascii.backslash { at &+= 1 }
            guard at < bytes.count, out.append(bytes.byte(at: at)) else { return false }
            at &+= 1
        }
        if !isName, smallNumber(bytes[ByteRange(start, min(at, bytes.count))]) == nil { return false }
        at &+= isName ? 2 : 1
        return at <= bytes.count && bytes.byte(at: at &- 1) == Ascii.closeBracket
    }
}
