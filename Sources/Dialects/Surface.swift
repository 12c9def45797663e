package import Bytes
package import Model

/// How callers speak with Gatelet: their requests are read, and answers and chunks, which are OpenAI's, are written for them.
package enum Surface: Sendable {
    case openAI

    package init(of operation: Operation) { self = .openAI }

    package func read(_ request: UnsafeRawBufferPointer, _ operation: Operation, caps: Caps) throws(Failure) -> RequestView {
        switch self {
        case .openAI: try readRequest(request, operation: operation, caps: caps)
        }
    }

    /// Makes an answer the caller's, with Gatelet's report in it. False: no memory, or over the cap.
    package func render(_ answer: ByteBuffer, _ view: AnswerView, report: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .openAI: appendGatelet(report, to: answer, view: view)
        }
    }

    /// For the chunks of one stream.
    package func renderStream(for request: RequestView) -> ChunkRenderer { ChunkRenderer(self, wantsUsage: request.callerWantsUsage) }
}

/// Makes chunks the caller's.
package struct ChunkRenderer {
    private let surface: Surface
    private let wantsUsage: Bool

    fileprivate init(_ surface: Surface, wantsUsage: Bool) {
        self.surface = surface
        self.wantsUsage = wantsUsage
    }

    /// It holds something for the caller: usage alone is for those who asked for it.
    @inline(__always)
    package func shows(_ view: ChunkView) -> Bool { wantsUsage || !view.isUsageOnly }

    @inline(__always)
    package func render(_ chunk: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        switch surface {
        case .openAI: chunk
        }
    }
}
