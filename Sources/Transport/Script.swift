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

package struct Script {
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
}
