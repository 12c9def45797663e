internal import Accounting
internal import Bytes
public import CGatelet
internal import CShims
internal import Gateway
internal import Model

/// What a gatelet_error handle stands for.
final class ErrorBox {
    let status: Int32
    let message: ByteBuffer
    let json: ByteBuffer

    init(_ failure: RedactedFailure) {
        status = failure.status.rawValue
        message = ByteBuffer()
        json = ByteBuffer()
        _ = message.append(failure.message) && message.append(0 as UInt8)
        _ = Report.error(failure, into: json) && json.append(0 as UInt8)
    }
}

private let emptyText: StaticString = ""
private let emptyObject: StaticString = "{}"

func staticText(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

private func text(_ error: OpaquePointer?, _ otherwise: StaticString, _ pick: (ErrorBox) -> ByteBuffer) -> UnsafePointer<CChar> {
    let found = try? withObject(error, .error) { (box: ErrorBox) throws(Failure) in
        pick(box).bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    }
    return found.flatMap { $0 } ?? staticText(otherwise)
}

@c @implementation
public func gatelet_error_status(_ error: OpaquePointer?) -> gatelet_status {
    (try? withObject(error, .error) { (box: ErrorBox) throws(Failure) in box.status }) ?? Status.handle.rawValue
}

@c @implementation
public func gatelet_error_message(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
    text(error, emptyText) { $0.message }
}

@c @implementation
public func gatelet_error_json(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
    text(error, emptyObject) { $0.json }
}

@c @implementation
public func gatelet_error_free(_ error: OpaquePointer?) {
    closeHandle(error, .error) { (_: ErrorBox) in }
}
