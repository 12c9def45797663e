internal import Bytes
internal import JSON

/// A call of a tool that may still grow.
final class OpenCall: CallInPieces {
    var index: Int?
    /// Bodies of JSON strings.
    let id = ByteBuffer(), name = ByteBuffer(), arguments = ByteBuffer()
    var isCustom = false
    /// Its place in the response, once it was announced.
    var place = -1
    private var progress = ObjectProgress()

    init(index: Int?) { self.index = index }

    /// Where the arguments are a free text, only the end of the stream tells.
    var isComplete: Bool { !isCustom && progress.isComplete }

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
}
