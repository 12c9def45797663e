package import Bytes

/// One piece of a scripted response, which comes without a network: the development provider's, or one that was recorded.
package struct ScriptPiece {
    package var delay: Int64
    private let own: [UInt8]
    /// Whose part it is, if it is one.
    private let recorded: ByteBuffer?
    private let range: ByteRange

    package init(delay: Int64, bytes: [UInt8]) {
        self.delay = delay
        own = bytes
        recorded = nil
        range = .none
    }

    package init(delay: Int64, _ range: ByteRange, of recorded: ByteBuffer) {
        self.delay = delay
        own = []
        self.recorded = recorded
        self.range = range
    }

    func hand(to take: (UnsafeRawBufferPointer) -> BodyVerdict) -> BodyVerdict {
        if let recorded {
            defer { recorded.keepAlive() }
            return take(recorded.bytes[range])
        }
        return own.isEmpty ? .accept : own.withUnsafeBytes { take($0) }
    }
}

/// A response as it once came: its header block, and its body with the ends of the pieces. Read by several threads, changed by none.
package final class RecordedResponse {
    package let headers = ByteBuffer()
    package let body: ByteBuffer
    fileprivate let ends = CheckedArray<Int>()

    /// `limit`: of the body.
    package init(limit: Int = .max) { body = ByteBuffer(limit: limit) }

    /// Bytes of memory.
    package var size: Int { headers.capacity &+ body.capacity &+ ends.count &* 16 }

    /// False: out of memory, or over the limit.
    package func add(_ piece: UnsafeRawBufferPointer) -> Bool { piece.isEmpty || body.append(piece) && ends.append(body.count) }

    /// The same in no more memory than it needs; nil: there is not even that.
    package func trimmed() -> RecordedResponse? {
        let copy = RecordedResponse()
        guard copy.headers.append(headers.bytes), copy.body.append(body.bytes), copy.ends.reserve(ends.count) else { return nil }
        for index in ends.indices where !copy.ends.append(ends[index]) { return nil }
        return copy
    }

    fileprivate var count: Int { ends.count }

    fileprivate func piece(_ index: Int) -> UnsafeRawBufferPointer { body.bytes[ByteRange(index > 0 ? ends[index &- 1] : 0, ends[index])] }
}

package struct Script {
    /// Instead of what follows.
    package var recorded: RecordedResponse?
    /// 0: no response at all, only the ending.
    package var status: Int
    /// Empty: the response tells none.
    package var contentType: String
    /// Further header lines, without line ends.
    package var headers: [String] = []
    /// Where it leads to, for transfers that are told.
    package var redirect: String?
    /// The headers come with the first one; one without bytes is only a wait.
    package var pieces: [ScriptPiece]
    /// What is reported after the last piece.
    package var ending = TransferFault.none
    package var detail = ""
    package init(status: Int, contentType: String, pieces: [ScriptPiece]) {
        self.status = status
        self.contentType = contentType
        self.pieces = pieces
    }

    package init(_ recorded: RecordedResponse) {
        self.init(status: 200, contentType: "", pieces: [])
        self.recorded = recorded
    }

    var count: Int { recorded?.count ?? pieces.count }

    func delay(_ index: Int) -> Int64 { recorded == nil && index < pieces.count ? pieces[index].delay : 0 }

    /// Hands the bytes of a piece out.
    func give(_ index: Int, _ body: (UnsafeRawBufferPointer) -> BodyVerdict) -> BodyVerdict {
        guard let recorded else { return pieces[index].hand(to: body) }
        defer { recorded.body.keepAlive() }
        return body(recorded.piece(index))
    }
}
