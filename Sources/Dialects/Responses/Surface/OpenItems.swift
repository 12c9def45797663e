internal import Bytes
internal import JSON

/// A call of a tool that may still grow.
final class OpenCall {
    let index: Int?
    /// Bodies of JSON strings.
    let id = ByteBuffer(), name = ByteBuffer(), arguments = ByteBuffer()
    var isCustom = false
    /// Its place in the response, once it was announced.
    var place = -1
    private var progress = ObjectProgress()

    init(index: Int?) { self.index = index }

    /// Its arguments are all there. Where they are a free text, only the end of the stream tells.
    var isWhole: Bool { !isCustom && progress.isComplete }

    /// Arguments came, which begin there.
    func note(from start: Int) { progress.read(escaped: arguments.bytes[ByteRange(start, arguments.count)]) }

    /// What the id of its item begins with.
    var prefix: StaticString { isCustom ? "ctc_" : "fc_" }

    /// The members of its item.
    func write(_ status: StaticString, _ arguments: UnsafeRawBufferPointer?, _ out: inout MemberWriter) {
        out.member("type", isCustom ? "custom_tool_call" : "function_call")
        if !isCustom { out.member("status", String(status)) }
        out.member("call_id", body: id.bytes)
        out.member("name", body: name.bytes)
        out.member(isCustom ? "input" : "arguments", body: arguments ?? id.bytes[.none])
    }
}

/// A delta of a call, taken apart.
struct CallPiece {
    let id: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer
    /// The body of a string, or a whole object where a string should be.
    let arguments: UnsafeRawBufferPointer
    let isObject: Bool
    let isCustom: Bool
    let index: Int?
    let extra: JSONView?

    init(_ view: JSONView) {
        let custom = view.filled("custom"), inner = custom ?? view.filled("function")
        id = (view["id"]?.inside ?? view.bytes[.none])
        name = inner?["name"]?.inside ?? view.bytes[.none]
        let given = inner?.filled(custom == nil ? "arguments" : "input")
        isObject = given?.isObject ?? false
        arguments = given.map { $0.isObject ? $0.raw : $0.inside } ?? view.bytes[.none]
        isCustom = custom != nil
        index = view["index"]?.int
        extra = view.filled("extra_content")
    }

    /// The call that it goes on with: by its id, else by its index, which some servers have as 0 for every call.
    func target(_ calls: [OpenCall]) -> OpenCall? {
        if id.count > 0, let call = calls.last(where: { $0.id.bytes.equals(id) }) { return call }
        guard let call = index == nil ? calls.last : calls.last(where: { $0.index == index }) else { return nil }
        if id.count > 0, call.id.count > 0 { return nil }
        return id.count > 0 && call.arguments.count > 0 || name.count > 0 && call.name.count > 0 && !call.name.bytes.equals(name) ? nil : call
    }
}
