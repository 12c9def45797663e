internal import Accounting
internal import Bytes
internal import Dialects
internal import JSON
internal import Model

/// What a provider said, word for word but for keys, for a caller who asks for it (the option `raw`).
enum RawReport {
    /// A body as a document; nil: there is no room for it beside the answer, or no memory.
    static func body(_ body: ByteBuffer, depth: Int, room: Int, _ redaction: Redaction) -> ByteBuffer? {
        let whole = ByteBuffer(limit: max(0, room)), out = ByteBuffer(limit: max(0, room))
        defer {
            body.keepAlive()
            whole.keepAlive()
        }
        return repairJSON(body.bytes, into: whole) && append(whole.bytes, depth, to: out) && redaction.clean(out) ? out : nil
    }

    /// A chunk without choices that holds an event of a stream; nil: no memory.
    static func chunk(_ event: UnsafeRawBufferPointer, of operation: Model.Operation, _ model: String, depth: Int, _ redaction: Redaction) -> ByteBuffer? {
        let out = ByteBuffer(), whole = ByteBuffer()
        let object: StaticString = operation == .completionStream ? "text_completion" : "chat.completion.chunk"
        let ok = out.append("{\"id\":\"\",\"object\":\"") && out.append(object) && out.append("\",\"created\":0,\"model\":") && Report.text(model, out)
            && out.append(",\"choices\":[],\"provider_event\":") && repairJSON(event, into: whole, keepingEdges: true) && append(whole.bytes, depth, to: out)
            && out.append("}") && redaction.clean(out)
        whole.keepAlive()
        return ok ? out : nil
    }

    /// What is not JSON becomes a text.
    private static func append(_ bytes: UnsafeRawBufferPointer, _ depth: Int, to out: ByteBuffer) -> Bool {
        JSONView(document: bytes, depthLimit: depth) == nil ? appendJSONString(bytes, to: out) : out.append(trimmed(bytes))
    }
}
