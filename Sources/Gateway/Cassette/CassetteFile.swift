internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import Transport

/// One line of a recording.
final class RecordedExchange {
    let line: Int
    private let file: ByteBuffer
    private let range: ByteRange
    let provider: String, model: String, method: String
    /// The path with its query.
    let target: [UInt8]
    /// The request's body in one spelling.
    let body: ByteBuffer
    /// It was played.
    var isUsed = false

    /// nil: the line is none.
    convenience init?(_ file: ByteBuffer, _ range: ByteRange, line: Int) {
        let body = ByteBuffer()
        guard let view = JSONView(document: file.bytes[range], depthLimit: JSONCursor.deepest), let request = view["request"], request.isObject,
              let url = request["url"]?.string(upTo: 1 << 20), let method = request["method"]?.string(upTo: 32),
              view["end"].flatMap({ $0.isString ? CassetteEnd.fault($0) : nil }) != nil, CanonicalBody.append(request, to: body) else { return nil }
        self.init(file, range, line: line, provider: view["provider"]?.string(upTo: 256) ?? "", model: view["model"]?.string(upTo: 1 << 16) ?? "",
                  method: method, target: CassetteRequest.target(of: url), body: body)
    }

    private init(_ file: ByteBuffer, _ range: ByteRange, line: Int, provider: String, model: String, method: String, target: [UInt8], body: ByteBuffer) {
        self.file = file
        self.range = range
        self.line = line
        self.provider = provider
        self.model = model
        self.method = method
        self.target = target
        self.body = body
    }

    /// How it answered. `speed`: how much faster; 0: at once. nil: no memory.
    func script(speed: Double) -> Script? {
        defer { file.keepAlive() }
        guard let view = JSONView(document: file.bytes[range], depthLimit: JSONCursor.deepest) else { return nil }
        var script = Script(status: 0, contentType: "", pieces: [])
        script.ending = view["end"].flatMap { CassetteEnd.fault($0) } ?? .none
        script.detail = view["detail"]?.string(upTo: 1 << 16) ?? (script.ending == .none ? "" : "as it was recorded")
        guard let response = view["response"], response.isObject else { return script }
        script.status = response["status"]?.int ?? 0
        for (name, value) in response["headers"]?.members ?? response.members {
            let name = decodedText(value.bytes, name)
            for text in value.isArray ? Array(value.elements) : [value] {
                if let text = text.string(upTo: 1 << 20) { script.headers.append(concat(name, ": ", text)) }
            }
        }
        script.redirect = response["redirect"]?.string(upTo: 1 << 16)
        return readPieces(response, speed, into: &script) ? script : nil
    }

    private func readPieces(_ response: JSONView, _ speed: Double, into script: inout Script) -> Bool {
        let bytes = ByteBuffer()
        var before = 0.0
        for piece in response["pieces"]?.elements ?? response.elements {
            let start = bytes.count
            if let text = piece["text"], text.isString {
                guard appendDecodedJSON(text.bytes[ByteRange(text.range.start &+ 1, text.range.end &- 1)], to: bytes) else { return false }
            } else if let text = piece["base64"], text.isString {
                guard appendDecodedBase64(text.bytes[ByteRange(text.range.start &+ 1, text.range.end &- 1)], to: bytes) else { return false }
            }
            let time = min(max(piece["at"]?.double ?? before, before), 86_400)
            let delay = speed > 0 ? Int64((time - before) / speed * 1_000_000) : 0
            before = time
            script.pieces.append(ScriptPiece(delay: delay, ByteRange(start, bytes.count), of: bytes))
        }
        return true
    }
}

enum CassetteFile {
    private static let mostBytes = 1 << 30

    static func read(_ path: String) throws(Failure) -> [RecordedExchange] {
        var text: UnsafeMutablePointer<CChar>?, length = 0
        let code = path.withCString { gl_read_file($0, mostBytes, &text, &length) }
        guard code == 0, let text else { throw Failure(.config, concat("replay: ", path, concat(" cannot be read: ", String(cString: strerror(code))))) }
        let file = ByteBuffer(taking: UnsafeMutableRawPointer(text), length)
        var exchanges: [RecordedExchange] = [], at = 0, line = 0
        while at < file.count {
            let end = file.bytes[ByteRange(at, file.count)].firstIndex(of: UInt8(ascii: "\n")).map { at &+ $0 } ?? file.count
            line &+= 1
            if !isBlank(file.bytes[ByteRange(at, end)]) {
                guard let exchange = RecordedExchange(file, ByteRange(at, end), line: line) else {
                    throw Failure(.config, concat("replay: ", path, concat(", line ", String(decimal: line), " is no recorded exchange")))
                }
                exchanges.append(exchange)
            }
            at = end &+ 1
        }
        return exchanges
    }

    private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool { line.allSatisfy { $0 <= Ascii.space } }
}
