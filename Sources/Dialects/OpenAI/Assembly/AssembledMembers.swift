internal import Bytes
internal import CShims
internal import JSON

/// Bytes that an answer in the making may still take.
final class AssemblyBudget {
    private(set) var left: Int
    /// Set when something did not fit, or memory was refused.
    private(set) var exceeded = false
    private(set) var lacksMemory = false
    /// How often something was put behind what was there.
    private(set) var joins = 0

    init(_ limit: Int) { left = max(limit, 0) }

    func take(_ count: Int) -> Bool {
        if exceeded || count > left {
            exceeded = true
            return false
        }
        left &-= count
        return true
    }

    func fail() { exceeded = true }

    func noMemory() {
        exceeded = true
        lacksMemory = true
    }

    func give(_ count: Int) { left &+= count }

    func append(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        joins &+= 1
        store(bytes, in: buffer)
    }

    private func store(_ bytes: UnsafeRawBufferPointer, in buffer: ByteBuffer) {
        if take(bytes.count), !buffer.append(bytes) { noMemory() }
    }

    func replace(_ buffer: ByteBuffer, with bytes: UnsafeRawBufferPointer) {
        give(buffer.count)
        buffer.removeAll()
        store(bytes, in: buffer)
    }
}

/// How a member's values of successive chunks become one.
enum MergeRule {
    /// The last one stands, unless it is null or empty.
    case last
    /// Strings and arrays are joined, else the last stands.
    case join
    /// Members of objects are joined.
    case deep
    /// Of each member of an object the last one stands.
    case members
}

/// One member of the answer: a name, and what its values came to.
final class AssemblyMember {
    enum Form { case null, text, list, raw, object }

    let name = ByteBuffer()
    private(set) var form = Form.null
    /// The inside of the string or array; the whole value for `raw`.
    let bytes = ByteBuffer()
    private(set) var table: MemberTable?

    /// `value` is valid JSON.
    func put(_ value: UnsafeRawBufferPointer, _ rule: MergeRule, _ budget: AssemblyBudget) {
        switch value.byte(at: 0) {
        case UInt8(ascii: "n"): return
        case Ascii.quote: putText(value[ByteRange(1, value.count &- 1)], rule, budget)
        case Ascii.openBracket where rule != .last: putList(value, budget)
        case Ascii.openBrace where rule == .deep || rule == .members: putObject(value, joins: rule == .deep, budget)
        default: set(.raw, value, budget)
        }
    }

    private func putText(_ body: UnsafeRawBufferPointer, _ rule: MergeRule, _ budget: AssemblyBudget) {
        if form != .text { return set(.text, body, budget) }
        if rule != .last { return joinBase64(body, budget) ? () : budget.append(body, to: bytes) }
        if body.count > 0 { set(.text, body, budget) }
    }

    /// Sounds come in pieces, and one that is padded cannot simply be followed by the next. False: nothing of that.
    private func joinBase64(_ body: UnsafeRawBufferPointer, _ budget: AssemblyBudget) -> Bool {
        guard bytes.bytes.byte(at: bytes.count &- 1) == UInt8(ascii: "="), bytes.count >= 4, name.bytes.equals("data") else { return false }
        // What is taken away again is no part of an escape, which has six bytes.
        guard !bytes.bytes[ByteRange(max(0, bytes.count &- 9), bytes.count)].contains(Ascii.backslash) else { return false }
        let rest = ByteBuffer(), joined = ByteBuffer()
        defer {
            rest.keepAlive()
            joined.keepAlive()
        }
        guard appendDecodedBase64(bytes.bytes[ByteRange(bytes.count &- 4, bytes.count)], to: rest), appendDecodedBase64(body, to: rest),
              appendBase64(rest.bytes, to: joined) else { return false }
        bytes.removeLast(4)
        budget.give(4)
        budget.append(joined.bytes, to: bytes)
        return true
    }

    private func putList(_ value: UnsafeRawBufferPointer, _ budget: AssemblyBudget) {
        let elements = listInside(value)
        if form != .list { return set(.list, elements, budget) }
        if elements.count == 0 { return }
        if bytes.count > 0 { appendComma(to: bytes, budget) }
        budget.append(elements, to: bytes)
    }

    private func putObject(_ value: UnsafeRawBufferPointer, joins: Bool, _ budget: AssemblyBudget) {
        let members = table ?? MemberTable(budget)
        if form != .object { set(.object, value[.none], budget) }
        table = members
        walkObject(value) { name, value in members.put(name, value, !joins || labels.contains(name) ? .last : .join) }
    }

    private func set(_ form: Form, _ value: UnsafeRawBufferPointer, _ budget: AssemblyBudget) {
        if self.form == form, form != .object, bytes.count == value.count, sameBytes(bytes.bytes, value) { return }
        self.form = form
        budget.replace(bytes, with: value)
    }

    func appendValue(to out: ByteBuffer) -> Bool {
        switch form {
        case .null: out.append("null")
        case .raw: out.append(bytes.bytes)
        case .text: out.append(Ascii.quote) && out.append(bytes.bytes) && out.append(Ascii.quote)
        case .list: out.append(Ascii.openBracket) && out.append(bytes.bytes) && out.append(Ascii.closeBracket)
        case .object: out.append(Ascii.openBrace) && (table?.append(to: out, first: true) ?? true) && out.append(Ascii.closeBrace)
        }
    }
}

/// Members in the order in which they first came.
final class MemberTable {
    /// More distinct names than this are dropped: nobody sends them but to hurt.
    private static let most = 256

    private var members: [AssemblyMember] = []
    private let budget: AssemblyBudget
    /// Chunks repeat their order: the next name is probably here.
    private var hint = 0

    init(_ budget: AssemblyBudget) { self.budget = budget }

    var isEmpty: Bool { members.isEmpty }

    func put(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ rule: MergeRule) {
        member(name)?.put(value, rule, budget)
    }

    func existing(_ name: StaticString) -> AssemblyMember? {
        for member in members where member.name.bytes.equals(name) { return member }
        return nil
    }

    /// Name without escapes that are not needed.
    private func member(_ name: UnsafeRawBufferPointer) -> AssemblyMember? {
        if hint < members.count, sameBytes(members[hint].name.bytes, name) {
            hint &+= 1
            return members[hint &- 1]
        }
        for (index, member) in members.enumerated() where sameBytes(member.name.bytes, name) {
            hint = index &+ 1
            return member
        }
        guard members.count < MemberTable.most, budget.take(name.count &+ 64) else { return nil }
        let fresh = AssemblyMember()
        guard fresh.name.append(name) else { return nil }
        members.append(fresh)
        hint = 0
        return fresh
    }

    func startOver() { hint = 0 }

    /// `"name":value` of all, with commas between them and, unless `first`, before.
    func append(to out: ByteBuffer, first: Bool) -> Bool {
        var first = first
        for member in members {
            guard first || out.append(Ascii.comma), out.append(Ascii.quote), out.append(member.name.bytes), out.append("\":"),
                  member.appendValue(to: out) else { return false }
            first = false
        }
        return true
    }
}

/// Names whose string is said again in every chunk, not continued.
struct LabelNames {
    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 2: name.equals("id")
        case 4: name.equals("role") || name.equals("type") || name.equals("name")
        case 6: name.equals("object") || name.equals("format")
        case 7: name.equals("channel")
        case 9: name.equals("mime_type")
        default: false
        }
    }
}

let labels = LabelNames()

@inline(__always)
func sameBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    guard let first = a.baseAddress, let second = b.baseAddress else { return true }
    return memcmp(first, second, a.count) == 0
}

/// The elements of a JSON array without its brackets; empty for [ ].
func listInside(_ array: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let inside = array[ByteRange(1, array.count &- 1)]
    var cursor = JSONCursor(inside)
    return cursor.peek() == 0 ? inside[.none] : inside[ByteRange(cursor.offset, inside.count)]
}

func appendComma(to buffer: ByteBuffer, _ budget: AssemblyBudget) {
    let comma: StaticString = ","
    budget.append(UnsafeRawBufferPointer(start: comma.utf8Start, count: 1), to: buffer)
}

/// Calls `body` with the name (escapes resolved where they are not needed) and value of each member of a valid object.
func walkObject(_ object: UnsafeRawBufferPointer, _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    var cursor = JSONCursor(object, depthLimit: JSONCursor.deepest)
    do throws(JSONFault) {
        guard try cursor.beginObject() else { return }
        while let name = try cursor.nextName() {
            let escaped = cursor.sawEscape
            let value = try cursor.value()
            withPlainName(object[name], escaped) { body($0, object[value]) }
        }
    } catch { return }
}

/// Calls `body` with each element of a valid array.
func walkArray(_ array: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var cursor = JSONCursor(array, depthLimit: JSONCursor.deepest)
    do throws(JSONFault) {
        guard try cursor.beginArray() else { return }
        while try cursor.nextElement() { body(array[try cursor.value()]) }
    } catch { return }
}

/// A raw name in its one canonical spelling.
func withPlainName(_ name: UnsafeRawBufferPointer, _ escaped: Bool, _ body: (UnsafeRawBufferPointer) -> Void) {
    if !escaped { return body(name) }
    let decoded = ByteBuffer(), plain = ByteBuffer()
    defer {
        decoded.keepAlive()
        plain.keepAlive()
    }
    if appendDecodedJSON(name, to: decoded), appendJSONBody(decoded.bytes, to: plain) { body(plain.bytes) }
}
