public import CGatelet
internal import CShims
internal import Gateway
internal import Model

@c @implementation
public func gatelet_queue_new(_ options_json: UnsafePointer<CChar>?, _ queue: UnsafeMutablePointer<OpaquePointer?>?,
                              _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    queue?.pointee = nil
    return guarded(.queueNew, error) { () throws(Failure) in
        guard let queue else { throw Failure(.argument, "queue is NULL") }
        try FirstUse.prepare()
        var options = EventQueue.Options()
        if options_json != nil { options = try readQueueOptions(document(options_json, "options_json")) }
        guard let handle = makeHandle(try EventQueue(options), .queue) else { throw Failure(.memory, "too many handles are open") }
        queue.pointee = handle
    }
}

@c @implementation
public func gatelet_queue_submit(_ queue: OpaquePointer?, _ client: OpaquePointer?, _ operation: gatelet_operation,
                                 _ request_json: UnsafePointer<CChar>?, _ options_json: UnsafePointer<CChar>?, _ tag: UInt64,
                                 _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    guarded(.queueSubmit, error, for: RequestKind(operation)?.surface ?? .openAI) { () throws(Failure) in
        try withObject(queue, .queue) { (it: EventQueue) throws(Failure) in
            try withObject(client, .client) { (client: Client) throws(Failure) in
                guard let kind = RequestKind(operation) else {
                    throw Failure(.argument, "operation \(operation) is not one of GATELET_OP_")
                }
                let options = try callOptions(options_json, kind.operation)
                let bytes = kind.operation.isRaw ? try requestBytes(request_json, kind.operation, options) : request_json.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
                try client.submit(bytes, kind.operation, kind.surface, options: options, tag: tag, to: it)
            }
        }
    }
}

@c @implementation
public func gatelet_queue_next(_ queue: OpaquePointer?, _ max_events: Int, _ timeout_ms: Int32,
                               _ batch: UnsafeMutablePointer<OpaquePointer?>?,
                               _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    batch?.pointee = nil
    return guarded(.queueNext, error) { () throws(Failure) in
        try withObject(queue, .queue) { (it: EventQueue) throws(Failure) in
            guard let batch else { throw Failure(.argument, "batch is NULL") }
            guard let taken = try it.next(Int(clamping: max_events), timeoutMs: timeout_ms) else { return }
            guard let handle = makeHandle(BatchBox(taken), .batch) else { throw Failure(.memory, "too many handles are open") }
            batch.pointee = handle
        }
    }
}

@c @implementation
public func gatelet_queue_fd(_ queue: OpaquePointer?) -> Int32 {
    do throws(Failure) {
        try Function.queueFD.check()
        return try withObject(queue, .queue) { (it: EventQueue) throws(Failure) in it.fileDescriptor() }
    } catch {
        return -1
    }
}

@c @implementation
public func gatelet_queue_cancel(_ queue: OpaquePointer?, _ tag: UInt64,
                                 _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    guarded(.queueCancel, error) { () throws(Failure) in
        try withObject(queue, .queue) { (it: EventQueue) throws(Failure) in it.cancel(tag) }
    }
}

@c @implementation
public func gatelet_queue_pause(_ queue: OpaquePointer?, _ tag: UInt64,
                                _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    guarded(.queuePause, error) { () throws(Failure) in
        try withObject(queue, .queue) { (it: EventQueue) throws(Failure) in it.hold(tag, true) }
    }
}

@c @implementation
public func gatelet_queue_resume(_ queue: OpaquePointer?, _ tag: UInt64,
                                 _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    guarded(.queuePause, error) { () throws(Failure) in
        try withObject(queue, .queue) { (it: EventQueue) throws(Failure) in it.hold(tag, false) }
    }
}

@c @implementation
public func gatelet_queue_free(_ queue: OpaquePointer?) {
    guard (try? Function.queueFree.check()) != nil else { return }
    closeHandle(queue, .queue) { (it: EventQueue) in it.free() }
}

@c @implementation
public func gatelet_batch_events(_ batch: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?) -> UnsafePointer<gatelet_event>? {
    count?.pointee = 0
    let events = try? withObject(batch, .batch) { (it: BatchBox) throws(Failure) in
        count?.pointee = it.count
        return UnsafePointer(it.events)
    }
    return events
}

@c @implementation
public func gatelet_batch_event(_ batch: OpaquePointer?, _ index: Int) -> UnsafePointer<gatelet_event>? {
    try? withObject(batch, .batch) { (it: BatchBox) throws(Failure) in it.event(index) }
}

@c @implementation
public func gatelet_batch_free(_ batch: OpaquePointer?) {
    closeHandle(batch, .batch) { (_: BatchBox) in }
}
