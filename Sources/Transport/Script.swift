/// One piece of a scripted response: the development provider's way around the network.
package struct ScriptPiece {
    package var delay: Int64
    package var bytes: [UInt8]
    package init(delay: Int64, bytes: [UInt8]) {
        self.delay = delay
        self.bytes = bytes
    }
}

package struct Script {
    /// 0: no response at all, only the ending.
    package var status: Int
    package var contentType: String
    /// Further header lines, without line ends.
    package var headers: [String] = []
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
