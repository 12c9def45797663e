internal import Bytes
internal import Model

/// Scripted responses, which come without a network.
extension Engine {
    /// Hands out the next piece of a script.
    func playPiece(_ transfer: Transfer, _ now: Int64) {
        guard let script = transfer.script else { return }
        if script.status == 0 { return finish(transfer, script.ending, script.detail) }
        if !transfer.headersDone { playHeaders(transfer, script, now) }
        transfer.lastByteAt = now
        guard transfer.nextPiece < script.count else { return finish(transfer, script.ending, script.detail) }
        switch script.give(transfer.nextPiece, { transfer.deliver($0) }) {
        case .abort: return finish(transfer, transfer.isCut ? .none : .cancelled, "")
        case .pause: transfer.isPaused = true
        case .accept:
            transfer.nextPiece += 1
            if transfer.nextPiece >= script.count { return finish(transfer, script.ending, script.detail) }
            transfer.pieceAt = now &+ script.delay(transfer.nextPiece)
        }
        schedule(transfer)
    }

    private func playHeaders(_ transfer: Transfer, _ script: Script, _ now: Int64) {
        transfer.status = script.status
        writeHeaders(script, into: transfer.responseHeaders)
        transfer.timings.connect = 0
        transfer.timings.firstByte = now &- transfer.startedAt
        transfer.lastContentAt = now
        transfer.headersDone = true
        transfer.redirect = script.redirect
    }

    private func writeHeaders(_ script: Script, into out: ByteBuffer) {
        if let recorded = script.recorded {
            _ = out.append(recorded.headers.bytes)
            return recorded.headers.keepAlive()
        }
        _ = out.append("HTTP/1.1 ") && out.append(String(decimal: script.status)) && out.append("\r\n")
        if !script.contentType.isEmpty { _ = out.append("content-type: ") && out.append(script.contentType) && out.append("\r\n") }
        for line in script.headers { _ = out.append(line) && out.append("\r\n") }
        _ = out.append("\r\n")
    }
}
